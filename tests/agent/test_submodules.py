"""Submodules: at their recorded commits, or the attempt says which one is missing; what a patch holds of them; that they are harmless."""

from pathlib import Path

import pytest

from aideator_agent.spec import Check, Repository
from tests.agent.checks.checking import ran
from tests.agent.running import Agent, Record, bash, spec_of, submit
from tests.fixtures.repositories import LocalRepository, git
from tests.fixtures.servers import GitServer, GitServers

LOOK = "cat lib/lib.py lib/deep/deep.py"


def declare(**urls: str) -> str:
    """The content of a .gitmodules; each submodule is named after its folder."""
    return "".join(f'[submodule "{name}"]\n\tpath = {name}\n\turl = {url}\n' for name, url in urls.items())


def link(repository: LocalRepository, path: str, commit: str) -> str:
    (repository.path / path).mkdir(exist_ok=True)  # as in a clone: without it, `git add --all` removes the submodule
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    repository.git("commit", "--quiet", "--allow-empty", "--message", f"submodule {path}")
    return repository.git("rev-parse", "HEAD")


@pytest.fixture
def library(tmp_path: Path) -> LocalRepository:
    """A library that has a submodule itself, two commits of which the first is recorded."""
    deep = LocalRepository(tmp_path / "deep")
    commit = deep.commit({"deep.py": "deep = 1\n"})
    library = LocalRepository(tmp_path / "lib")
    library.commit({"lib.py": "lib = 1\n", ".gitmodules": declare(deep="../deep")})
    link(library, "deep", commit)
    return library


@pytest.fixture
def project(repository: LocalRepository, library: LocalRepository) -> LocalRepository:
    """The repository with the library's first commit as its submodule; the library has gone on since."""
    repository.commit({".gitmodules": declare(lib="../lib")})
    link(repository, "lib", library.git("rev-parse", "HEAD"))
    library.commit({"lib.py": "lib = 2\n"})
    return repository


def work(agent: Agent, project: LocalRepository, *commands: str, **more: object) -> Record:
    return agent.run(spec_of(str(project.path), [*map(bash, commands), submit()], **more))


def test_submodules_and_theirs_are_there_at_their_recorded_commits(agent: Agent, project: LocalRepository) -> None:
    record = work(agent, project, LOOK, "git status --porcelain; git submodule status --recursive", "echo y > a.py")
    assert record.text("output").startswith("lib = 1\ndeep = 1\n ")
    assert record.of("patch")[-1]["files"] == 1
    assert not record.notices("warning")


def test_over_http_too_from_urls_relative_to_the_repositorys(
    agent: Agent, git_server: GitServers, project: LocalRepository
) -> None:
    server = serve(git_server, "source", "lib", "deep", beside=project.path.parent)
    record = agent.run(spec_of(server.url("source"), [bash(LOOK), submit()]))
    assert record.text("output") == "lib = 1\ndeep = 1\n"


def serve(git_server: GitServers, *names: str, beside: Path) -> GitServer:
    """Under their folders' names without `.git`, as the URLs in .gitmodules name them."""
    server = git_server()
    for name in names:
        git(beside, "clone", "--quiet", "--bare", "--no-local", str(beside / name), str(server.folder / name))
    (server.folder / "source").rename(server.path("source"))
    return server


def test_what_the_users_own_clone_has_needs_no_server(
    agent: Agent, project: LocalRepository, library: LocalRepository, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    project.git("-c", "protocol.file.allow=always", "clone", "--quiet", "--recursive", str(project.path), str(clone))
    library.path.rename(tmp_path / "moved")
    record = agent.run(spec_of(str(clone), [bash(LOOK), submit()]))
    assert record.text("output") == "lib = 1\ndeep = 1\n"


def test_checks_see_them_on_every_tree(agent: Agent, project: LocalRepository, library: LocalRepository) -> None:
    newer = library.git("rev-parse", "HEAD")
    checks = (
        Check("look", f"{LOOK}; git -C lib rev-parse HEAD; git status --porcelain"),
        Check("new", "grep 2 lib/lib.py"),
    )
    record = work(agent, project, f"git -C lib checkout -q {newer}; touch test_a.py", checks=checks)
    assert ran(record, "base") == [("look", 0), ("new", 1)]
    assert ran(record, "patch") == [("look", 0), ("new", 0)]
    tails = {event["on"]: event["tail"] for event in record.of("check") if event["name"] == "look"}
    assert tails["base"].startswith("lib = 1\ndeep = 1\n")
    assert tails["patch"] == f"lib = 2\ndeep = 1\n{newer}\nM  lib\nA  test_a.py\n"


@pytest.mark.parametrize("how", ["checkout", "pull", "gitfile"])
def test_another_commit_of_a_submodule_is_in_the_patch(
    agent: Agent, project: LocalRepository, library: LocalRepository, how: str
) -> None:
    older, newer = library.git("rev-parse", "HEAD~1"), library.git("rev-parse", "HEAD")
    commands = {
        "checkout": f"git -C lib checkout -q {newer}",
        "pull": "git -C lib checkout -q -B main origin/main; git -C lib pack-refs --all",
        "gitfile": f"git submodule absorbgitdirs && test -f lib/.git && git -C lib checkout -q {newer}",
    }
    record = work(agent, project, commands[how])
    assert f"-Subproject commit {older}\n+Subproject commit {newer}\n".encode() in record.patch
    assert not record.notices("warning")


def test_a_commit_that_the_library_got_meanwhile_is_fetched(
    agent: Agent, project: LocalRepository, library: LocalRepository
) -> None:
    made = f"cd '{library.path}' && echo new > new && git add new && git -c user.name=a -c user.email=b commit -qm new"
    fetch = "cd lib && git fetch -q && git checkout -q origin/main"
    record = work(agent, project, made, fetch, checks=(Check("new", "cat lib/new"),))
    assert f"+Subproject commit {library.git('rev-parse', 'HEAD')}\n".encode() in record.patch
    assert ran(record, "patch") == [("new", 0)]


def test_what_a_patch_cannot_hold_of_a_submodule_is_told(agent: Agent, project: LocalRepository) -> None:
    record = work(agent, project, "echo x > lib/new.py; echo x >> lib/lib.py; echo y > a.py")
    assert record.of("patch")[-1]["files"] == 1
    assert "inside the submodule lib (lib.py, new.py)" in record.notices("warning")


def test_a_commit_that_nobody_else_has_is_told_and_not_in_the_patch(agent: Agent, project: LocalRepository) -> None:
    own = "cd lib; echo x > x; git add x; git -c user.name=a -c user.email=b commit -qm own; cd ..; echo y > a.py"
    record = work(agent, project, own)
    assert record.of("patch")[-1]["files"] == 1
    assert "does not have" in record.notices("warning")


def test_a_submodule_that_was_removed_is_gone_in_the_patch_and_for_the_checks(
    agent: Agent, project: LocalRepository
) -> None:
    record = work(agent, project, "git rm -qf lib", checks=(Check("gone", "test ! -e lib"),))
    assert b"deleted file mode 160000" in record.patch
    assert ran(record, "patch") == [("gone", 0)]


def test_without_submodules_nothing_is_fetched_and_their_folders_are_left_alone(
    agent: Agent, project: LocalRepository
) -> None:
    repository = Repository(str(project.path), submodules=False)
    spec = spec_of("", [bash("ls -A lib; touch lib/file; echo y > a.py"), submit()], repository=repository)
    record = agent.run(spec)
    assert record.text("output") == ""
    assert record.of("patch")[-1]["files"] == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("../nowhere", "(/"),
        ("http://127.0.0.1:1/lib.git", "127.0.0.1:1 does not answer"),
        ("ext::touch {mark}", "not a URL that can be cloned"),
        ("--upload-pack=touch {mark}", "not a URL that can be cloned"),
        ("file://{lib}", "transport 'file' not allowed"),
        ("{lib}", "transport 'file' not allowed"),
        ("ssh://-oProxyCommand=touch%20{mark}/x", ""),
        ("../../../../../../../../../../../x", "leads out of"),
    ],
)
def test_what_cannot_be_fetched_is_named_with_its_url(
    agent: Agent, repository: LocalRepository, library: LocalRepository, url: str, words: str
) -> None:
    mark = agent.folder / "mark"
    url = url.format(mark=mark, lib=library.path)
    repository.commit({".gitmodules": declare(lib=url)})
    link(repository, "lib", library.git("rev-parse", "HEAD"))
    record = work(agent, repository)
    assert record.outcome[:2] == ("failed", "repository")
    assert record.end["reason"].startswith("submodule lib")
    assert words in record.end["reason"]
    assert not mark.exists()


def test_one_without_a_url_or_without_its_commit_is_named(agent: Agent, project: LocalRepository) -> None:
    link(project, "lib", "0" * 39 + "1")
    assert "submodule lib" in (reason := work(agent, project).end["reason"])
    assert "has no commit " + "0" * 39 + "1" in reason
    project.commit({".gitmodules": ""})
    link(project, "lib", "0" * 39 + "1")
    assert work(agent, project).end["reason"] == "submodule lib: .gitmodules has no URL for it"


HOSTILE = {
    "name": '[submodule "../../../evil"]\n\tpath = lib\n\turl = ../lib\n',
    "update": '[submodule "lib"]\n\tpath = lib\n\turl = ../lib\n\tupdate = !touch {mark}\n',
    "branch": '[submodule "lib"]\n\tpath = lib\n\turl = ../lib\n\tbranch = --upload-pack=touch {mark}\n',
    "include": '[include]\n\tpath = {folder}/include\n[submodule "lib"]\n\tpath = lib\n\turl = ../lib\n',
}


@pytest.mark.parametrize("trick", HOSTILE)
def test_what_gitmodules_says_never_runs(agent: Agent, project: LocalRepository, tmp_path: Path, trick: str) -> None:
    mark = tmp_path / "mark"
    (tmp_path / "include").write_text(f'[submodule "lib"]\n\turl = ext::touch {mark}\n')
    project.commit({".gitmodules": HOSTILE[trick].format(mark=mark, folder=tmp_path)})
    assert work(agent, project, LOOK).text("output") == "lib = 1\ndeep = 1\n"
    assert not mark.exists()


TRAPS = {
    "configuration": "git -C lib config core.fsmonitor '{mark}'; git -C lib config filter.evil.clean '{mark}';"
    " echo '* filter=evil' > lib/.gitattributes",
    "gitfile": "git init -q /{tmp}/elsewhere; git -C /{tmp}/elsewhere config core.fsmonitor '{mark}'; rm -rf lib/.git;"
    " echo 'gitdir: /{tmp}/elsewhere/.git' > lib/.git",
    "link": "git init -q /{tmp}/elsewhere; git -C /{tmp}/elsewhere config core.fsmonitor '{mark}'; rm -rf lib;"
    " ln -s /{tmp}/elsewhere lib",
    "hooks": "printf '#!/bin/sh\\n{mark}\\n' > lib/.git/hooks/post-checkout; chmod +x lib/.git/hooks/post-checkout",
    "alternates": "rm -rf lib/.git/objects; ln -s /proc/self lib/.git/objects; ln -sf /dev/zero lib/.git/HEAD",
    "remote": "git -C lib remote set-url origin 'ext::{mark}'; git -C lib config protocol.ext.allow always",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_in_a_submodule_does_not_snap(agent: Agent, project: LocalRepository, trap: str) -> None:
    marked, mark = agent.folder / "sprung", agent.folder / "mark.sh"
    mark.write_text(f"#!/bin/sh\ntouch {marked}\ncat\n")
    mark.chmod(0o755)
    command = TRAPS[trap].replace("{mark}", str(mark)).replace("/{tmp}", str(agent.folder))
    record = work(agent, project, f"mkdir -p lib/.git/hooks; {command}; echo y > a.py", f"rm -f {marked}")
    assert record.outcome[0] == "succeeded", record.end
    assert b"+y" in record.patch
    assert not marked.exists()
