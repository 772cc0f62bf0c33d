"""What was measured, as a table a person reads, and how it stands to the goal."""

from collections.abc import Iterable

from bench.gpu.load import Figures

HEAD = "server     streams   tokens/s   TTFT p50   p99 ms    TPOT p50   p99 ms   failed   client   CPU us a token\n"


def line(figures: Figures) -> str:
    cpu = ", ".join(f"{kind} {spent:.1f}" for kind, spent in sorted(figures.cpu_us.items()) if spent >= 0.05)
    text = (
        f"{figures.target:<10} {figures.streams:>7} {figures.tokens_per_s:>10,.0f} {figures.ttft_p50:>10.1f}"
        f" {figures.ttft_p99:>8.1f} {figures.tpot_p50:>11.2f} {figures.tpot_p99:>8.2f} {figures.failed:>8}"
        f" {figures.client_cores:>8.2f}   {cpu}"
    )
    return f"{text}\n  {figures.error[:200]}" if figures.error else text


def text(found: list[Figures]) -> str:
    return HEAD + "".join(line(figures) + "\n" for figures in found) + "\n" + "".join(ratios(found))


def ratios(found: list[Figures]) -> Iterable[str]:
    """Each of ours over each of vLLM's, level by level."""
    by_name: dict[str, dict[int, Figures]] = {}
    for figures in found:
        by_name.setdefault(figures.target, {})[figures.streams] = figures
    for ours in (name for name in by_name if name.startswith("sluice")):
        for theirs in (name for name in by_name if name.startswith("vllm")):
            yield f"{ours} over {theirs}:  streams  tokens/s  added TTFT p50  p99      TPOT p50  p99\n"
            for streams in sorted(by_name[ours].keys() & by_name[theirs].keys()):
                yield _ratio(by_name[ours][streams], by_name[theirs][streams])


def _ratio(ours: Figures, theirs: Figures) -> str:
    return (
        f"{'':>22} {ours.streams:>7}  {ours.tokens_per_s / max(theirs.tokens_per_s, 1e-9):>6.2f} x"
        f"  {ours.ttft_p50 - theirs.ttft_p50:>+11.1f} ms {ours.ttft_p99 - theirs.ttft_p99:>+9.1f} ms"
        f" {ours.tpot_p50 / max(theirs.tpot_p50, 1e-9):>6.2f} x {ours.tpot_p99 / max(theirs.tpot_p99, 1e-9):>6.2f} x\n"
    )
