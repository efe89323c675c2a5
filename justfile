# What a person types; `.ci/run` is what a machine does.

# Everything that decides whether a change lands
ci:
    bash .ci/run

# The tests, as the README has them
test:
    cargo test --workspace --locked

# Put the code into its usual form
fmt:
    cargo fmt

# What reviewers would say anyway
lint:
    cargo fmt --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Accept what the examples and the snapshots give now; then review it with `git diff`
bless:
    for example in examples/*/; do \
        name="$(basename "$example")"; \
        cargo run --quiet -p meshgen-cli -- render -f "examples/$name/meshgen.yaml" -o "golden/$name"; \
    done
    INSTA_UPDATE=always cargo test --workspace --quiet

# How fast it is, and how the cost grows
bench *ARGS:
    cargo bench --workspace {{ARGS}}

# What is rendered, judged by the tools that read it; the first run compiles them
conformance *SECTIONS:
    python3 conformance/run.py {{SECTIONS}}

# Other tools' own cases, in a folder of the layout that crates/oracle describes
corpus DIR *ARGS:
    cargo run --quiet --locked -p meshgen-oracle --bin meshgen-corpus -- {{DIR}} --accepted crates/oracle/accepted.tsv {{ARGS}}

# Bytes that nobody would write: `just fuzz spec --seconds 60`, or all targets; what they are stands in fuzz/targets
fuzz *ARGS:
    python3 fuzz/run.py {{ARGS}}

# What is long by nature: random cases that no two runs share
soak:
    python3 fuzz/run.py --seconds 600
    cargo test --release -p meshgen-oracle --test agree -- --ignored --nocapture
    SEED="$(date +%s)" CASES=4000 cargo test --release -p meshgen-oracle --test gate thousands -- --ignored --nocapture
    SEED="$(date +%s)" cargo test --release -p meshgen-oracle --test mesh -- --ignored --nocapture
    PROPTEST_CASES=4000 cargo test --release --workspace
    python3 ci/oracles.py --cases 300 --seed "$(date +%s)"
    python3 ci/with_packages.py ci/arbiter.py --tries 10000 --seed "$(date +%s)"

# Connections in random clusters, judged by a real Istio on this machine; MESHGEN_MESHBOX names what plays the cluster
arbiter *ARGS:
    python3 ci/with_packages.py ci/arbiter.py {{ARGS}}
