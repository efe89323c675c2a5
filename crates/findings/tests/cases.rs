//! Each rule has cases: `cases/MG001/bad*.yaml` gives that finding, `cases/MG001/good*.yaml` does not.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads the files that it is about"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use insta::assert_snapshot;
use meshgen_findings::{Finding, RULES, Settled, lint};
use meshgen_verdict::World;
use meshgen_yaml::Sources;

fn world(path: &Path) -> World {
    let mut sources = Sources::default();
    sources.add(path.file_name().unwrap().to_str().unwrap(), fs::read_to_string(path).unwrap());
    World::read(sources)
}

fn codes(findings: &[Finding]) -> BTreeSet<&'static str> {
    findings.iter().map(|finding| finding.rule.code).collect()
}

/// The cases of a rule whose names start with a word.
fn cases(code: &str, word: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(code);
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let named = entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(word));
    let mut paths: Vec<PathBuf> = named.collect();
    paths.sort();
    paths
}

fn told(path: &Path) -> String {
    let world = world(path);
    let settled = Settled { open: lint(&world), ..Settled::default() };
    let mut text = String::new();
    for finding in settled.told(&world.manifests.sources, &Sources::default()).findings {
        let line = finding.at.map(|at| at.line).unwrap_or_default();
        text += &format!("{} {} {}\n", finding.code, line, finding.object.unwrap_or_default());
        text += &format!("  {}\n  way out: {}\n", finding.said, finding.way_out);
        for also in finding.also {
            text += &format!("  {}: {}\n", also.at.line, also.said);
        }
    }
    text
}

#[test]
fn a_bad_case_is_told_so() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (rule, _) in RULES {
            for path in cases(rule.code, "bad") {
                let stem = path.file_stem().unwrap().to_str().unwrap();
                assert_snapshot!(format!("{}_{stem}", rule.code), told(&path));
            }
        }
    });
}

#[test]
fn each_rule_has_a_case_that_gives_it_alone_and_one_that_does_not_give_it() {
    for (rule, _) in RULES {
        let code = rule.code;
        let (bad, good) = (cases(code, "bad"), cases(code, "good"));
        assert!(!good.is_empty(), "{code} has no good case");
        let found: Vec<_> = bad.iter().map(|path| codes(&lint(&world(path)))).collect();
        assert!(found.iter().all(|codes| codes.contains(code)), "{code}: a bad case does not give it");
        assert!(found.contains(&BTreeSet::from([code])), "{code}: no bad case gives it alone: {found:?}");
        for path in good {
            assert!(!codes(&lint(&world(&path))).contains(code), "{} gives {code}", path.display());
        }
    }
}

#[test]
fn each_case_is_of_a_rule() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    for entry in fs::read_dir(folder).unwrap() {
        let code = entry.unwrap().file_name().into_string().unwrap();
        assert!(RULES.iter().any(|(rule, _)| rule.code == code), "there is no rule {code}");
        let known = cases(&code, "bad").len() + cases(&code, "good").len();
        assert_eq!(cases(&code, "").len(), known, "{code}: a case is `bad….yaml` or `good….yaml`");
    }
}
