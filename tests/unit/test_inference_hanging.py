"""When an engine hangs, and when it only takes its time."""

from services.inference.domain.hanging import LONGEST_STEP_S, Effort, HangWatch

LIMIT_S = 7.0
LOOK_S = 0.5
LEAST = 0.1


class Engine:
    """Looked at each half second, and the loop is punctual unless told otherwise."""

    def __init__(self, *, limit_s: float = LIMIT_S) -> None:
        self.now = 1000.0
        self.steps = 0
        self.spent = 0.0
        self.asked = 0
        self.watch = HangWatch(limit_s, Effort(self.effort, LEAST), clock=lambda: self.now)

    def effort(self) -> float:
        self.asked += 1
        return self.spent

    def goes_on(
        self,
        for_s: float,
        *,
        stepping: bool = False,
        busy: bool = True,
        effort_per_s: float = 0.0,
        every_s: float = LOOK_S,
    ) -> float | None:
        """When it was found to hang, in seconds from now."""
        begun = self.now
        while self.now < begun + for_s:
            self.now += every_s
            self.spent += effort_per_s * every_s
            self.steps += stepping
            if self.watch.look(self.steps, is_busy=busy):
                return self.now - begun
        return None


def test_without_a_step_it_hangs_at_the_limit() -> None:
    engine = Engine()
    assert engine.goes_on(60, stepping=True) is None
    assert engine.goes_on(60) == LIMIT_S
    assert engine.goes_on(LOOK_S, stepping=True, busy=False) == LOOK_S  # for good: it is being killed


def test_each_step_gives_it_the_whole_time_again() -> None:
    engine = Engine()
    for _ in range(3):
        assert engine.goes_on(LIMIT_S - LOOK_S) is None
        assert engine.goes_on(LOOK_S, stepping=True) is None


def test_an_idle_one_does_not_hang() -> None:
    engine = Engine()
    assert engine.goes_on(10_000, busy=False) is None
    assert engine.goes_on(LIMIT_S - LOOK_S) is None


def test_what_passed_while_we_slept_counts_for_little() -> None:
    engine = Engine()
    assert engine.goes_on(3600, every_s=3600) is None  # the steps that it made meanwhile are still to be read
    assert engine.goes_on(60, stepping=True) is None


def test_a_step_that_takes_effort_may_take_long() -> None:
    engine = Engine()
    assert engine.goes_on(120, effort_per_s=0.5) is None
    assert engine.goes_on(60, effort_per_s=0.01) == LIMIT_S  # what idle threads use is none


def test_nothing_computes_for_ever() -> None:
    assert Engine().goes_on(1000, effort_per_s=1.0) == LONGEST_STEP_S


def test_looks_that_follow_closely_change_nothing() -> None:
    """Each stream that fails looks, too; a tick of the processor's clock between two of them is no work."""
    engine = Engine()
    begun = engine.now
    while not engine.watch.look(engine.steps, is_busy=True):
        engine.goes_on(LOOK_S - 0.01, every_s=LOOK_S - 0.01)
        engine.spent += 0.01
        engine.now += 0.01
        assert engine.now < begun + 3 * LIMIT_S
    assert engine.now - begun >= LIMIT_S


def test_its_effort_is_not_asked_for_while_it_steps_or_idles() -> None:
    engine = Engine()
    engine.goes_on(60, stepping=True)
    engine.goes_on(60, busy=False)
    assert not engine.asked


def test_zero_is_never() -> None:
    assert Engine(limit_s=0).goes_on(10_000) is None
