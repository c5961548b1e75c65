"""A plugin of dbt-duckdb that keeps dbt from wording what nobody is told.

dbt makes several lines of debugging for each statement, as text and as JSON, and drops them after
they are made. In a run over few charges that is an eighth of dbt's work.
"""

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager_client import get_event_manager

_OF_DEBUGGING = (EventLevel.DEBUG, EventLevel.TEST)


class Plugin(BasePlugin):
    """Passes events on, but for those of debugging while no log of this dbt takes them."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Stand before dbt's event manager, of which a process has one."""
        manager = get_event_manager()
        if "fire_event" in vars(manager):
            return  # stands there since an earlier invocation
        fire = manager.fire_event

        def fire_what_is_told(
            e: BaseEvent, level: EventLevel | None = None, *rest: Any, **named: Any
        ) -> None:
            is_told = any(logger.level in _OF_DEBUGGING for logger in manager.loggers)
            if is_told or (level or e.level_tag()) not in _OF_DEBUGGING:
                fire(e, level, *rest, **named)

        manager.fire_event = fire_what_is_told  # type: ignore[method-assign]
