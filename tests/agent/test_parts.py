"""A part of a repository: one folder to start in, a part of the history, a part of the folders; patches and checks are as of the whole."""

import pytest

from aideator_agent.spec import Check, Repository
from tests.agent.checks.checking import ran
from tests.agent.running import Agent, Record, bash, call, spec_of, submit
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.servers import GitServer, GitServers

FILES = {
    "top.txt": "top\n",
    "AGENTS.md": "Top rules.\n",
    "api/main.py": "x = 1\n",
    "api/AGENTS.md": "Rules of the API.\n",
    "web/page.js": "p\n",
    "docs/deep/a.md": "a\n",
    "docs/b.md": "b\n",
}


@pytest.fixture
def repository(repository: LocalRepository) -> LocalRepository:
    repository.commit(FILES)
    repository.commit({"api/main.py": "x = 2\n"})
    return repository


@pytest.fixture
def server(git_server: GitServers) -> GitServer:
    """The same over HTTP, by a server that can leave out files."""
    server = git_server()
    server.add("todo", FILES)
    server.add("todo", {"api/main.py": "x = 2\n"})
    server.git("todo", "config", "uploadpack.allowFilter", "true")
    return server


def work(agent: Agent, repository: Repository, *turns: object, **more: object) -> Record:
    return agent.run(spec_of("", [*turns, submit()], repository=repository, **more))  # type: ignore[list-item]


def write(path: str, content: str) -> dict[str, object]:
    return {"calls": [call("write_file", path=path, content=content)]}


class TestSubdir:
    def test_commands_tools_and_checks_start_there_and_the_patch_is_the_repositorys(
        self, agent: Agent, repository: LocalRepository
    ) -> None:
        asked = Repository(str(repository.path), subdir="api")
        turns = [bash("pwd; cat main.py"), write("new.py", "n\n"), write("../web/page.js", "q\n")]
        record = work(agent, asked, *turns, checks=(Check("here", "pwd; cat new.py ../web/page.js"),))
        assert record.text("output").endswith(
            "/repo/api\nx = 2\nWrote 2 bytes to new.py.Wrote 2 bytes to ../web/page.js."
        )
        assert b"+++ b/api/new.py" in record.patch
        assert b"+++ b/web/page.js" in record.patch
        assert record.of("check")[-1]["tail"].endswith("/repo/api\nn\nq\n")
        assert (record.of("changes")[-1]["files"], record.of("patch")[-1]["files"]) == (2, 2)

    def test_the_model_reads_the_rules_of_both_folders(self, agent: Agent, repository: LocalRepository) -> None:
        sent = work(agent, Repository(str(repository.path), subdir="api")).of("sent")[0]["text"]
        assert sent.index("Top rules.") < sent.index("Rules of the API.")

    def test_nothing_leads_out_of_the_repository(self, agent: Agent, repository: LocalRepository) -> None:
        record = work(agent, Repository(str(repository.path), subdir="docs/deep"), write("../../../out", "x"))
        assert "leads out of the repository" in record.text("output")

    @pytest.mark.parametrize("path", ["nowhere", "top.txt"])
    def test_what_is_no_folder_is_told(self, agent: Agent, repository: LocalRepository, path: str) -> None:
        record = work(agent, Repository(str(repository.path), subdir=path))
        assert record.outcome[:2] == ("failed", "repository")
        assert f"has no folder {path}" in record.end["reason"]


class TestDepth:
    @pytest.mark.parametrize("over", ["path", "http"])
    def test_only_the_newest_commits_are_there(
        self, agent: Agent, repository: LocalRepository, server: GitServer, over: str
    ) -> None:
        url = str(repository.path) if over == "path" else server.url("todo")
        count = "git log --oneline | wc -l; cat main.py"
        asked = Repository(url, depth=1, subdir="api")
        record = work(agent, asked, bash(f"{count}; echo y > ../top.txt"), checks=(Check("count", count),))
        assert record.text("output") == "1\nx = 2\n"
        assert {event["tail"] for event in record.of("check")} == {"1\nx = 2\n"}
        assert b"-top\n+y\n" in record.patch
        assert not record.notices("info")

    def test_a_base_that_the_branch_has_left_behind_is_found(self, agent: Agent, server: GitServer) -> None:
        base = server.git("todo", "rev-parse", "main~1")
        record = work(agent, Repository(server.url("todo"), base=base, depth=1), bash("cat api/main.py"))
        assert (record.end["base"], record.text("output")) == (base, "x = 1\n")

    def test_a_branch_can_be_the_one_that_is_cloned(self, agent: Agent, server: GitServer) -> None:
        server.git("todo", "branch", "old", "main~1")
        record = work(agent, Repository(server.url("todo"), ref="old", depth=1), bash("cat api/main.py"))
        assert record.text("output") == "x = 1\n"

    def test_where_the_server_can_not_the_whole_history_comes_and_that_is_told(
        self, agent: Agent, git_server: GitServers
    ) -> None:
        server = git_server(smart=False)
        server.add("todo", FILES)
        server.add("todo", {"api/main.py": "x = 2\n"})
        record = work(agent, Repository(server.url("todo"), depth=1), bash("git log --oneline | wc -l"))
        assert record.text("output") == "2\n"
        assert "can't be cloned with a part of its history" in record.notices("info")

    def test_what_is_not_there_is_told_once(self, agent: Agent, server: GitServer) -> None:
        record = work(agent, Repository(server.url("nothing"), depth=1))
        assert "does not exist" in record.end["reason"]
        assert not record.notices("info")


class TestSparse:
    @pytest.mark.parametrize("over", ["path", "http", "depth"])
    def test_only_these_folders_are_there_and_patch_and_checks_are_right(
        self, agent: Agent, repository: LocalRepository, server: GitServer, over: str
    ) -> None:
        url = str(repository.path) if over == "path" else server.url("todo")
        asked = Repository(url, sparse=("api", "docs/deep"), depth=1 if over == "depth" else None)
        look = "find . -name .git -prune -o -type f -name '*.*' -print | grep -v -e read -e a.py | sort | tr '\\n' ' '; git status -s"
        change = "rm api/main.py; echo y > docs/deep/a.md; mkdir web more; echo q > web/page.js; echo m > more/m.m"
        record = work(agent, asked, bash(look), bash(change), checks=(Check("look", look),))
        there = "./AGENTS.md ./api/AGENTS.md ./api/main.py ./docs/b.md ./docs/deep/a.md ./top.txt "
        assert record.text("output") == there
        assert record.of("patch")[-1]["files"] == 4
        assert b"-p\n+q\n" in record.patch
        base, patched = (event["tail"] for event in record.of("check"))
        assert base == there
        assert patched.startswith(
            "./AGENTS.md ./api/AGENTS.md ./docs/b.md ./docs/deep/a.md ./more/m.m ./top.txt ./web/page.js "
        )
        assert not record.notices("warning")

    def test_files_that_are_left_out_are_not_fetched(self, agent: Agent, server: GitServer) -> None:
        missing = "git rev-list --objects --missing=print HEAD | grep -c '^?'"
        record = work(agent, Repository(server.url("todo"), sparse=("api",)), bash(missing))
        assert int(record.text("output")) > 0

    def test_where_the_server_can_not_leave_files_out_that_is_told(self, agent: Agent, server: GitServer) -> None:
        server.git("todo", "config", "uploadpack.allowFilter", "false")
        record = work(agent, Repository(server.url("todo"), sparse=("api",)), bash("ls"))
        assert "web" not in record.text("output")
        assert "can't leave out files" in record.notices("info")

    def test_a_folder_that_is_not_there_is_told(self, agent: Agent, server: GitServer) -> None:
        record = work(agent, Repository(server.url("todo"), sparse=("api", 'no "such')))
        assert 'has no folder no "such' in record.end["reason"]

    def test_a_restored_test_is_checked_in_these_folders_too(self, agent: Agent, server: GitServer) -> None:
        server.add("todo", {"web/test_web.py": "t = 1\n"})
        change = "echo y > api/main.py; mkdir web; echo 't = 2' > web/test_web.py"
        asked = Repository(server.url("todo"), sparse=("api",))
        record = work(agent, asked, bash(change), checks=(Check("see", "cat api/main.py web/test_web.py"),))
        assert ran(record, "patch") == [("see", 0)]
        assert [e["exit_code"] for e in record.of("check") if e["on"] == "restored"] == [1]
