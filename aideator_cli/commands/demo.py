"""`demo`: the main job with no key and no cluster."""


def demo() -> int:
    """See three scripted agents at work: no key, no cluster."""
    from aideator_cli.demo import run_demo

    return run_demo()
