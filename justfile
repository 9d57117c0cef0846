# Recipes for those who work on cudaman: `just --list`.

# What must be green before a change is handed in.
check:
    cargo fmt --all -- --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo test --workspace --locked
    shellcheck install.sh test.sh .ci/run tools/*.sh
    shfmt -i 4 -ci -d install.sh test.sh .ci/run tools/*.sh
    cargo deny check bans licenses sources

# The whole suite with its own preparation, as continuous integration runs it.
test:
    sh test.sh

# Stories with NVIDIA's real toolkits: they download, from the mirror and index that are configured.
real:
    CUDAMAN_TEST_REAL=1 cargo test --locked --test it -- real:: --include-ignored

# The figures, side by side with the peers that are installed.
bench *ARGUMENTS:
    cargo bench --locked {{ ARGUMENTS }}

# The program that users get: it starts on glibc 2.17.
portable *ARGUMENTS:
    sh tools/build-portable.sh {{ ARGUMENTS }}
