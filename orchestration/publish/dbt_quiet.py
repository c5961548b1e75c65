"""A plugin of dbt-duckdb that keeps dbt from wording what nobody is told.

dbt makes several lines of debugging for each statement, as messages, text and JSON, and drops them
after they are made. In a run over few charges that is an eighth of dbt's work.
"""

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.events.base_types import BaseEvent, DebugLevel, EventLevel
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
        DebugLevel.__init__ = _keep_what_is_said  # type: ignore[method-assign,assignment]
        DebugLevel.__getattr__ = _make_when_read  # type: ignore[method-assign,assignment]


def _keep_what_is_said(event: DebugLevel, *args: Any, **said: Any) -> None:
    """Stand in for an event's making of its message, which is most of what an event costs."""
    object.__setattr__(event, "_said", (args, said))


def _make_when_read(event: DebugLevel, name: str) -> Any:
    """Make the message of an event at the first look at anything of it."""
    if name != "pb_msg":
        return getattr(event.pb_msg, name)
    args, said = object.__getattribute__(event, "_said")
    BaseEvent.__init__(event, *args, **said)
    return event.pb_msg
