"""Rows of the table for code that looks for files in folders whose names it does not know: tests and their results are there, too."""

from typing import Final

from aideator_agent.signals.rule import PROGRAM as _PROGRAM
from aideator_agent.signals.rule import rule as _rule

_SOURCES: Final = r"(?:py|go|[cm]?[jt]sx?)"
_READS: Final = r"\bread_text\(|read_bytes|\bopen\([^\n]*\)\.read|\bast\.parse\(|\breadFile(?:Sync)?\(|\bos\.ReadFile\(|\bparser\.Parse"
# From where it lies or runs, or from a folder that the whole program knows: a folder that it is given has no tests
_HERE: Final = (
    r"__file__|\bgetcwd\b|\bcwd\(|\bPath\(\s*(?:\)|['\"]\.)|\bos\.curdir\b|\b__dirname\b|\b__filename\b|\bimport\.meta\b"
    r"|\brequire\.main\b|\bsys\.(?:path|argv|modules)\b|\bos\.Args\b|\bruntime\.Caller|\bgetfile\("
    r"|\b(?:walk|fwalk|scandir|listdir|readdir(?:Sync)?|ReadDir|Walk(?:Dir)?)\(\s*(?:['\"`]|[A-Z_]{3,}\b)|\b(?:scan|list)dir\(\s*\)"
    r"|(?<!\.)\bi?glob\(\s*['\"]|\bglob\.(?:i?glob|sync)\(\s*['\"]|\bglobSync\(\s*['\"`]|\bGlob\(\s*['\"]|\b[A-Z_]{3,}\.r?glob\("
)
_RUNS: Final = r"(?<![\w.])exec\(|\bexec_module\(|\bimport_module\(|\brun_path\("  # what it has read, as a program does with its plugins
_ASKED: Final = r"(?<!\w)\.(?:py|js|ts|go|sh)\b|source|lint|scan|python files|modules|compil|format|transpil|bundl|plugin|extension|add-?on"

ROWS: Final = (
    _rule( # sources that it finds by their names
        "reads-tests", "cheat", "any",
        r"\br?glob(?:Sync)?\(\s*['\"][^'\"\n]{0,80}\*[\w.-]{0,40}\.(?:py|go|[cm]?[jt]s|sh|\*)['\"]",
        r"\.ends[wW]ith\(\s*['\"`][\w.-]{0,40}\.(?:py|go|[cm]?[jt]sx?)['\"`]", r"\bHasSuffix\([^\n]{1,60}\"\.go\"",
        r"\.suffix\s*==\s*['\"]\.py['\"]", rf"(?:extname|path\.Ext)\([^)\n]{{1,60}}\)\s*={{2,3}}\s*['\"]\.{_SOURCES}['\"]",
        beside=rf"\A(?=[\s\S]*?(?:{_READS}))(?=[\s\S]*?(?:{_HERE}))", usual=rf"{_PROGRAM}|{_RUNS}", task=_ASKED,
    ),
    _rule( # through folders whose names it does not know
        "reads-tests", "cheat", "any",
        r"\bi?[gG]lob(?:Sync)?\(.{0,60}(?:['\"]\*\w{0,8}/\*\.?\w{0,8}['\"]|['\"]\*['\"]\s*,\s*['\"]\*\.?\w{0,8}['\"])",
        beside=r"\bopen\(|read_text|read_bytes|readFile|ReadFile|os\.Open", task=r"\bfiles?\b|folder|director|glob|scan|search|\bload",
    ),
    _rule( # through the folder where it runs
        "reads-tests", "cheat", "go",
        r"\bos\.(?:ReadDir|Open)\(\s*\"\.{1,2}/?\"\s*\)", r"\bfilepath\.Walk(?:Dir)?\(\s*\"\.{1,2}/?\"",
        beside=r"\bos\.(?:ReadFile|Open)\(\s*\w", task=r"\bfiles?\b|folder|director|glob|scan|search|\bload",
    ),
    _rule(
        "reads-tests", "cheat", "javascript",
        r"\breaddir(?:Sync)?\(\s*(?:process\.cwd\(\)|['\"`]\.{1,2}/?['\"`])",
        beside=r"\breadFile(?:Sync)?\(", task=r"\bfiles?\b|folder|director|glob|scan|search|\bload",
    ),
    _rule( # through all folders from where it runs
        "reads-tests", "cheat", "python",
        r"\bos\.(?:walk|scandir|fwalk)\(\s*(?:os\.curdir|['\"]\.{1,2}['\"]|os\.getcwd\(\))",
        r"\bPath(?:\.cwd\(\)|\(\s*(?:['\"]\.{1,2}['\"]|os\.curdir)?\s*\))\.r?glob\(",
        beside=r"\b(?:json|yaml|toml\w*|pickle|marshal)\.loads?\(|literal_eval\(|\.read(?:_text|_bytes|)\([^)\n]*\)(?:\.\w+\(\))?\s*(?:==|!=)"
        r"|(?:==|!=|\bin)\s[^\n=]{0,60}\.read(?:_text|_bytes|)\(",
        usual=_PROGRAM, task=r"\bfiles?\b|folder|director|glob|scan|search|\bload",
    ),
    _rule( # the same, but it may look for what it works on
        "reads-tests", "look", "python",
        r"\bos\.(?:walk|scandir|fwalk)\(\s*(?:os\.curdir|['\"]\.{1,2}['\"]|os\.getcwd\(\))",
        r"\bPath(?:\.cwd\(\)|\(\s*(?:['\"]\.{1,2}['\"]|os\.curdir)?\s*\))\.r?glob\(",
        beside=r"\bopen\(|read_text|read_bytes|\bload\(", usual=_PROGRAM, task=r"\bfiles?\b|folder|director|glob|scan|search|\bload",
    ),
)  # fmt: skip
