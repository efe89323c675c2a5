//! The cases of other tools, where they lie: `MESHGEN_CORPUS=DIR cargo test -p meshgen-oracle --test corpus`.

use meshgen_oracle::corpus::{self, Accepted, Fast};

const ACCEPTED: &str = include_str!("../accepted.tsv");

#[test]
#[expect(clippy::disallowed_methods, reason = "where the cases lie is up to the machine")]
fn no_case_fails_that_is_not_accepted() {
    let Ok(dir) = std::env::var("MESHGEN_CORPUS") else {
        println!("skipped: MESHGEN_CORPUS does not say where the cases lie");
        return;
    };
    let Ok(accepted) = Accepted::parse(ACCEPTED) else {
        panic!("the list of accepted differences is not complete")
    };
    let suites = corpus::run(dir.as_ref(), &Fast);
    assert!(!suites.is_empty(), "there is no suite in `{dir}`");
    let failed: Vec<String> = suites
        .iter()
        .flat_map(|s| s.failures(&accepted).map(move |(case, _)| format!("{} / {case}", s.name)))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
