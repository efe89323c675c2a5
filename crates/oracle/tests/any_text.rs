//! Nothing that can be written makes the judge panic.

use meshgen_oracle::{
    manifests,
    random::{self, Choices, Kinds},
};
use meshgen_reach::{Expression, Focus, Judge, Manifests, PortSet, Reading};
use meshgen_yaml::Sources;
use proptest::prelude::*;

fn judged(text: &str) -> usize {
    let mut sources = Sources::default();
    sources.add("any.yaml", text);
    let manifests = Manifests::read(sources);
    let judge = Judge::new(&manifests);
    let exposure = judge.exposure(Reading::Implied, &PortSet::all());
    judge.report(&Focus::default()).text().len() + exposure.rows.len() + judge.ways().len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_selector_may_be_any_text(text in r#"([a-c]|==|!=|in|not|has\(|all\(\)|global\(\)|&&|\|\||[(){}'", !]){0,40}"#) {
        let _ = Expression::parse(&text);
    }

    #[test]
    fn a_manifest_may_be_any_text(text in "[a-z:{}\\[\\]\n \t\"-]{0,200}") {
        judged(&text);
    }

    /// A manifest of a random cluster, with a part of it gone or written twice.
    #[test]
    fn a_manifest_may_be_broken(seed in any::<u64>(), at in any::<prop::sample::Index>(), length in 0usize..40, twice in any::<bool>()) {
        let file = manifests::file("any", &random::cluster(&mut Choices::seeded(seed), Kinds::All));
        let start = at.index(file.text.len());
        let end = (start + length).min(file.text.len());
        let (head, part, tail) = (file.text.get(..start), file.text.get(start..end), file.text.get(end..));
        let (head, part, tail) = (head.unwrap_or(""), part.unwrap_or(""), tail.unwrap_or(""));
        let middle = if twice { format!("{part}{part}") } else { String::new() };
        judged(&format!("{head}{middle}{tail}"));
    }
}
