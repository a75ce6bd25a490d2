"""Nothing that the model writes for git ever runs in the agent."""

from pathlib import Path

import pytest

from tests.agent.running import Agent, bash, spec_of, submit
from tests.fixtures.repositories import LocalRepository

TRAPS = {
    "fsmonitor": "git config core.fsmonitor '{mark}'",
    "hooks": "mkdir -p .git/hooks; for h in pre-commit post-index-change post-checkout fsmonitor-watchman; do"
    " printf '#!/bin/sh\\n{mark}\\n' > .git/hooks/$h; chmod +x .git/hooks/$h; done",
    "hooks path": "mkdir h; for h in post-index-change post-checkout; do printf '#!/bin/sh\\n{mark}\\n' > h/$h;"
    " chmod +x h/$h; done; git config core.hooksPath h",
    "filter": "git config filter.evil.clean '{mark}'; git config filter.evil.smudge '{mark}';"
    " git config filter.evil.process '{mark}'; echo '* filter=evil' > .gitattributes",
    "external diff": "git config diff.external '{mark}'; git config diff.evil.command '{mark}';"
    " git config diff.evil.textconv '{mark}'; echo '* diff=evil' > .gitattributes",
    "user's configuration": "git config --global core.fsmonitor '{mark}'; git config --global diff.external '{mark}'",
    "nested repository": "git init -q inner; git -C inner config core.fsmonitor '{mark}';"
    " git -C inner config filter.evil.clean '{mark}'; echo '* filter=evil' > inner/.gitattributes; echo x > inner/file",
    "nested gitfile": "git init -q /{tmp}/elsewhere; git -C /{tmp}/elsewhere config core.fsmonitor '{mark}'; mkdir inner;"
    " echo 'gitdir: /{tmp}/elsewhere/.git' > inner/.git; echo x > inner/file",
    "gitfile at the top": "cp -r .git /{tmp}/moved; rm -rf .git; echo 'gitdir: /{tmp}/moved' > .git;"
    " git --git-dir=/{tmp}/moved config core.fsmonitor '{mark}'",
    "link at the top": "cp -r .git /{tmp}/moved; rm -rf .git; ln -s /{tmp}/moved .git; git config core.fsmonitor '{mark}'",
    "worktree": "git config core.worktree /; git config core.bare true",
    "submodule": "git init -q sub; git -C sub config core.fsmonitor '{mark}'; (cd sub; git -c user.name=a -c user.email=a@b"
    " commit -q --allow-empty -m x); git -c protocol.file.allow=always submodule --quiet add ./sub; echo y > sub/y",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_in_the_checkout_does_not_snap(agent: Agent, repository: LocalRepository, trap: str) -> None:
    marked = agent.folder / "sprung"
    mark = agent.folder / "mark.sh"
    mark.write_text(f"#!/bin/sh\ntouch {marked}\ncat\n")
    mark.chmod(0o755)
    home = agent.folder / "home"
    home.mkdir()
    command = TRAPS[trap].replace("{mark}", str(mark)).replace("/{tmp}", str(agent.folder))
    clear = f"rm -f {marked}"  # the model's own git may have run into it
    turns = [bash(f"({command}); echo y > a.py"), bash(clear), submit()]
    record = agent.run(spec_of(str(repository.path), turns), HOME=str(home), GIT_CONFIG_GLOBAL=str(home / ".gitconfig"))
    assert record.outcome[0] == "succeeded", record.end
    assert b"+y" in record.patch
    assert not marked.exists()


def test_files_of_a_nested_repository_are_in_the_patch(agent: Agent, repository: LocalRepository) -> None:
    turns = [bash("git init -q inner; echo x > inner/file; git -C inner add ."), submit()]
    assert b"+++ b/inner/file" in agent.run(spec_of(str(repository.path), turns)).patch


def test_the_users_own_configuration_counts_for_the_clone_alone(
    agent: Agent, repository: LocalRepository, tmp_path: Path
) -> None:
    marked = tmp_path / "ran"
    config = tmp_path / "gitconfig"
    config.write_text(
        f'[url "{repository.path}"]\n\tinsteadOf = short:\n[diff]\n\texternal = touch {marked}\n\tnoprefix = true\n'
        f"[core]\n\tautocrlf = true\n\tfsmonitor = touch {marked}\n\thooksPath = /nowhere\n[init]\n\ttemplateDir = /nowhere\n"
    )
    record = agent.run(spec_of("short:", [bash("cat -A a.py; echo y > a.py"), submit()]), GIT_CONFIG_GLOBAL=str(config))
    assert record.text("output").startswith("x = 1$\n")
    assert b"--- a/a.py\n+++ b/a.py" in record.patch
    assert not marked.exists()


def test_in_a_pod_nobodys_configuration_counts(agent: Agent, repository: LocalRepository, tmp_path: Path) -> None:
    config = tmp_path / "gitconfig"
    config.write_text(f'[url "{repository.path}"]\n\tinsteadOf = short:\n')
    (tmp_path / "channel").mkdir()
    spec = spec_of("short:", [submit()], allow_shell=False)
    record = agent.run(spec, GIT_CONFIG_GLOBAL=str(config), AIDEATOR_CHANNEL=str(tmp_path / "channel"))
    assert record.outcome[:2] == ("failed", "repository")
