"""What a pull may know of an installation, and which months its sources hold."""

import logging
from concurrent.futures import ThreadPoolExecutor

from orchestration.extract.period import BillingPeriod
from orchestration.extract.pull import held_periods
from orchestration.extract.source import PullContext, SourceConfig, SourceError, load_sources
from orchestration.land.landing import was_refused
from orchestration.settings import Settings

progress = logging.getLogger("tollgate")

_ASKED_AT_ONCE = 2


def pull_context(settings: Settings) -> PullContext:
    """Return what a pull may know of the installation."""
    return PullContext(
        extracted_dir=settings.extracted_dir,
        today=settings.today,
        first_period=BillingPeriod.parse(settings.first_period),
        pseudonym_key=settings.pseudonym_key.get_secret_value(),
        secret=settings.secret,
        say=progress.info,
        was_refused=lambda snapshot: was_refused(settings.data_dir, snapshot),
    )


def whole_range(settings: Settings) -> tuple[BillingPeriod, BillingPeriod]:
    """Return the first and the last month that any source holds; today's when none can say.

    Raises:
        SourceConfigError: The sources file names what is wrong in it.
    """
    held: list[BillingPeriod] = [BillingPeriod.of(settings.today)]
    context = pull_context(settings)

    def periods(source: SourceConfig) -> list[BillingPeriod]:
        try:
            return held_periods(source, context)
        except SourceError:
            return []  # the extract step meets the same fault and reports it

    # One source's server is waited for while another's files are read.
    with ThreadPoolExecutor(max_workers=_ASKED_AT_ONCE) as pool:
        for found in pool.map(periods, load_sources(settings.sources)):
            held += found
    return min(held), max(held)
