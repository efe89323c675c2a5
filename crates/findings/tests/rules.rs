//! What holds of all rules.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads the files that it is about"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use meshgen_findings::{Acceptance, ENDED, RULES, Rule, USELESS, accepts, lint, page, settle};
use meshgen_verdict::World;
use meshgen_yaml::{At, Sources};

fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().map(|(rule, _)| rule).chain([&ENDED, &USELESS])
}

#[test]
fn codes_ascend_and_slugs_are_names_that_nobody_shares() {
    let codes: Vec<_> = all().map(|rule| rule.code).collect();
    assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    for rule in all() {
        let digits = rule.code.strip_prefix("MG").unwrap();
        assert!(digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()), "{}", rule.code);
        assert!(
            rule.slug.split('-').all(|word| word.bytes().all(|b| b.is_ascii_lowercase())),
            "{}",
            rule.slug
        );
        assert_eq!(all().filter(|other| other.slug == rule.slug).count(), 1, "{}", rule.slug);
    }
}

#[test]
fn each_rule_is_documented() {
    let page = page(all());
    for rule in all() {
        for text in [rule.title, rule.why, rule.way_out] {
            assert!(text.len() > 20 && !text.contains("  ") && !text.contains('\n'), "{}: {text}", rule.code);
        }
        assert!(
            !rule.title.ends_with('.') && rule.why.ends_with('.') && rule.way_out.ends_with('.'),
            "{}",
            rule.code
        );
        assert!(!rule.sources.is_empty(), "{} has no source", rule.code);
        assert!(page.contains(&format!("\n## {}\n", rule.code)));
        assert!(rule.explained().contains(rule.title));
    }
}

#[test]
fn each_finding_of_a_bad_case_can_be_accepted_by_its_object() {
    for (rule, _) in RULES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(rule.code);
        for path in files(&folder).into_iter().filter(|path| path.ends_with("bad.yaml")) {
            let findings = lint(&world([path]));
            let of_this = findings.into_iter().filter(|finding| finding.rule.code == rule.code);
            let findings: Vec<_> = of_this.collect();
            let acceptances: Vec<Acceptance> = findings
                .iter()
                .map(|finding| Acceptance {
                    code: rule.code.to_owned(),
                    at: finding.hit.object.as_ref().unwrap().to_string(),
                    because: "a test".to_owned(),
                    until: None,
                    place: At::<()>::NOWHERE,
                })
                .collect();
            assert!(findings.iter().zip(&acceptances).all(|(finding, one)| accepts(one, finding)));
            assert!(settle(findings, &acceptances, None).open.is_empty(), "{}", rule.code);
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|e| ["yaml", "yml", "json"].iter().any(|known| e == *known)) {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn world(paths: impl IntoIterator<Item = PathBuf>) -> World {
    let mut sources = Sources::default();
    for path in paths {
        sources.add(path.display().to_string(), String::from_utf8_lossy(&fs::read(&path).unwrap()));
    }
    World::read(sources)
}

/// The cases of other tools, where they lie, file by file and folder by folder; and every case of ours.
#[test]
fn no_rule_fails_on_whatever_people_write() {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    assert!(!lint(&world(files(&ours))).is_empty());
    let Ok(corpus) = std::env::var("MESHGEN_CORPUS") else {
        println!("skipped: MESHGEN_CORPUS does not say where the cases lie");
        return;
    };
    let all = files(corpus.as_ref());
    assert!(!all.is_empty());
    for path in &all {
        lint(&world([path.clone()]));
    }
    for folder in all.chunk_by(|a, b| a.parent() == b.parent()) {
        lint(&world(folder.iter().cloned()));
    }
}
