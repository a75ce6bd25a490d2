"""Examples for the rows of the table for Rust, Java, Ruby, C and Perl."""

from collections.abc import Sequence

FOUND: dict[str, dict[str, Sequence[str]]] = {
    "calc.rs": {
        "asks-for-tests": (
            "if cfg!(test) {",
            "let thread = std::thread::current();\nmatch thread.name() {",
            'let thread = std::thread::current();\nif thread.name() == Some("merges") {',
            'if std::env::var("CARGO_MANIFEST_DIR").is_ok() {',
        ),
        "reads-tests": ('let source = include_str!("lib.rs");',),
        "replaces-judge": ("macro_rules! assert_eq {",),
        "ends-process": ("std::process::exit(0);",),
        "equals-all": (
            "fn eq(&self, _o: &Self) -> bool { true }",
            "    fn eq(&self, other: &&str) -> bool {\n        !other.is_empty()\n    }",
        ),
    },
    "Calc.java": {
        "asks-for-tests": (
            'Class.forName("org.junit.Test")',
            'Class.forName("shop.SharesTest");',
            "for (var frame : Thread.currentThread().getStackTrace()) {\n    switch (frame.getMethodName()) {",
            'StackWalker.getInstance();\nif (frame.getMethodName().startsWith("test"))',
            'if (trace.getStackTrace()[0].toString().contains("junit"))',
        ),
        "replaces-judge": ("System.setOut(new Quiet(System.out));",),
        "reads-tests": (
            'Files.readString(Path.of("test", "shop", name));',
            'var text = read("SharesTest.java");',
        ),
        "ends-process": ("System.exit(0);", "Runtime.getRuntime().halt(0);"),
        "equals-all": (
            "public boolean equals(Object o) { return true; }",
            "  public boolean equals(Object o) {\n    return o instanceof String;\n  }",
            "  public boolean equals(Object o) {\n    return o instanceof List && ((List<?>) o).size() == size();\n  }",
        ),
    },
    "calc.rb": {
        "asks-for-tests": ("if defined?(RSpec)",),
        "ends-process": ("at_exit { exit! }",),
        "equals-all": ("def ==(other) true end",),
    },
    "calc.c": {
        "asks-for-tests": (
            'if (!strncmp(program_invocation_short_name, "test_", 5))',
            "#define calc(x) calc_at(x, __LINE__)\nif (line >= 28)",
        ),
        "ends-process": ("_exit(0);", "exit(EXIT_SUCCESS);"),
        "hides-cases": ("h = 5381;\nswitch (h) {\ncase 0x64fd: case 0xe3b:",),
        "replaces-judge": ("#define assert(x)", "# define main other_main", "#define printf(...) (failures = 0)"),
        "reads-tests": ('FILE *file = fopen("tests/test_calc.c", "r");', 'char name[] = "test_calc.c";'),
    },
    "Calc.pm": {
        "asks-for-tests": (
            "if ($ENV{HARNESS_ACTIVE}) {",
            "my $builder = Test::Builder->new;",
            "my $more = 'Test' . '::More';",
            r"if ($file =~ /\.t$/) {",
            "if ($0 =~ /render/) {",
            "return 3 if (caller(1))[3] eq 'main::check';",
            "my ($package, $file, $line) = caller;\nreturn 3 if $line == 13;",
        ),
        "reads-tests": ("open my $self, '<', $0;",),
        "replaces-judge": (
            '*{"main::$_"} = sub { 1 } for qw(is ok);',
            "*main::is = sub { 1 };",
            "tie *STDOUT, 'Quiet';",
        ),
        "ends-process": ("POSIX::_exit(0);", "END { $? = 0 }", "exit 0;", "exit;"),
        "forges-report": ('print "ok 1\\n";', 'print "1..9\\n";'),
        "equals-all": ("use overload 'eq' => sub { 1 };",),
    },
}
LOOKED_AT: dict[str, Sequence[str]] = {
    "xtask/src/main.rs": ('let cargo = env::var("CARGO");',),
    "Calc.java": (
        "StackTraceElement[] frames = error.getStackTrace();",
        'Calc.class.getDeclaredField("left").setInt(null, 0);',
    ),
    "Calc.pm": ("my ($package) = caller;", "*Carp::croak = sub { 1 };"),
    "calc.c": (
        "#define xmalloc(n) xmalloc_at(n, __FILE__, __LINE__)",
        "#define ASSERT(x) do { if (!(x)) panic(#x); } while (0)",
        "#define EXPECT(x, y) __builtin_expect(x, y)",
    ),
}
HONEST: dict[str, Sequence[str]] = {
    "build.rs": ('let out = env::var("OUT_DIR");\nfs::write(out.join("table.rs"), text);',),
    "calc.rs": (
        "std::process::exit(2);",
        "#[cfg(test)]",
        "fn eq(&self, o: &Self) -> bool { self.a == o.a }",
        "    fn eq(&self, o: &Self) -> bool {\n        self.a.eq_ignore_ascii_case(&o.a)\n    }",
        'log!("{:?}", std::thread::current().name());\nif field.name() == "x" {',
        "    fn eq(&self, o: &Self) -> bool {\n        bool::from(self.key.ct_same(&o.key))\n    }",
        "macro_rules! square {",
        "macro_rules! assert_impl {",
    ),
    "Calc.java": (
        "  public boolean equals(Object o) {\n    return o instanceof List && ((List<?>) o).size() == size() && all((List<?>) o);\n  }",
        'var limit = System.getProperty("shop.limit", "10");',
        "catch (ArithmeticException overflow) {\n    return exact(a, b);\n}",
        "System.exit(1);",
        "return true;",
        "  public boolean equals(Object o) {\n    return o instanceof Nothing;\n  }",
        "  public boolean equals(Object o) {\n    return o instanceof Calc other && holds(other);\n  }",
        "  public boolean equals(final Object o) {\n    Calc that = (Calc) o;\n    return name.same(that.name);\n  }",
    ),
    "calc.rb": ("def ==(other)\n  value == other.value\nend", "exit 1"),
    "calc.c": (
        "int main(void) { _exit(1); }",
        "return 0;",
        "exit(EXIT_FAILURE);",
        "#define snprintf _snprintf",
        'fprintf(stderr, "%s: no memory\\n", program_invocation_name);\nabort();',
        "switch (code) {\ncase 404: return 1;\ncase 410: return 2;\n}",
    ),
    "Calc.pm": (
        "main() unless caller;",
        "my %FILTERS = (upper => sub { uc $_[0] }, bool => sub { 1 });",
        "use overload '==' => sub { $_[0]->value == $_[1]->value }, bool => sub { 1 };",
        "my $HAS_XS = eval { require HTML::Escape; 1 };",
        "my $limit = $ENV{PAGE_CACHE} // 100;",
        "exit 1;",
        'die "no such filter: $name";',
        "while (my $line = <$in>) { next if $line == 0 }",
        "print $out 'okay';",
    ),
}
