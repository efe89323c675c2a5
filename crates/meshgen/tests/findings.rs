//! What is found in specs: a folder of cases for each rule about them, the examples, and the page about all rules.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads the files that it is about"
)]

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use insta::assert_snapshot;
use meshgen::{
    Input, Project,
    findings::{Finding, SPEC_RULES, Settled, acceptances_of, accepts, lint_spec, page, rules, settle},
    manifests, read,
    tree::render,
    verdict::World,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn project(path: &Path) -> Project {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let project = read(vec![Input::File(name, fs::read_to_string(path).unwrap())]);
    assert!(!project.has_errors(), "{}: {:?}", path.display(), project.problems);
    project
}

/// What is found in a spec and in what it gives, and how it is told.
fn found(project: &Project) -> (Vec<Finding>, World) {
    let tree = render(project.bundle.as_ref().unwrap()).unwrap();
    let world = World::read(manifests(&tree));
    let spec = project.spec.as_ref().unwrap();
    (lint_spec(spec, &project.origins, &project.sources, &world), world)
}

fn told(project: &Project, settled: &Settled, world: &World) -> String {
    let mut text = String::new();
    for finding in settled.told(&world.manifests.sources, &project.sources).findings {
        let (object, path) = (finding.object.unwrap_or_default(), finding.path.unwrap_or_default());
        let places = [finding.at, finding.origin].into_iter().flatten();
        let places: Vec<_> = places.map(|at| format!("{}:{}", at.file, at.line)).collect();
        let accepted = finding.accepted.map(|because| format!("  accepted: {because}\n")).unwrap_or_default();
        text += &format!(
            "{} {} {object} {path} ({})\n  {}\n  way out: {}\n{accepted}",
            finding.code,
            finding.severity.word(),
            places.join(", "),
            finding.said,
            finding.way_out
        );
    }
    text
}

fn cases(code: &str, word: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/findings").join(code);
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let named = entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(word));
    let mut paths: Vec<PathBuf> = named.collect();
    paths.sort();
    paths
}

fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("findings");
    settings
}

#[test]
fn each_rule_about_specs_has_cases_that_give_it_and_cases_that_do_not() {
    for (rule, _) in SPEC_RULES {
        let code = rule.code;
        let of_specs = |path: &PathBuf| -> BTreeSet<&str> {
            let codes = found(&project(path)).0.into_iter().map(|finding| finding.rule.code);
            codes.filter(|code| SPEC_RULES.iter().any(|(rule, _)| rule.code == *code)).collect()
        };
        let (bad, good) = (cases(code, "bad"), cases(code, "good"));
        assert!(!bad.is_empty() && !good.is_empty(), "{code} has no cases");
        for path in bad {
            assert_eq!(of_specs(&path), BTreeSet::from([code]), "{}", path.display());
        }
        for path in good {
            assert!(!of_specs(&path).contains(code), "{}", path.display());
        }
    }
}

#[test]
fn a_bad_spec_is_told_so() {
    settings().bind(|| {
        for (rule, _) in SPEC_RULES {
            for path in cases(rule.code, "bad") {
                let project = project(&path);
                let (findings, world) = found(&project);
                let open = findings.into_iter().filter(|finding| finding.rule == rule).collect();
                let settled = Settled { open, ..Settled::default() };
                let stem = path.file_stem().unwrap().to_str().unwrap();
                assert_snapshot!(format!("{}_{stem}", rule.code), told(&project, &settled, &world));
            }
        }
    });
}

#[test]
fn each_finding_about_a_spec_can_be_accepted_at_its_path() {
    for (rule, _) in SPEC_RULES {
        let path = cases(rule.code, "bad").swap_remove(0);
        let (findings, _) = found(&project(&path));
        let mut own = findings.iter().filter(|finding| finding.rule == rule);
        let at = own.next().unwrap().hit.origin.clone().unwrap().path;
        let text = fs::read_to_string(&path).unwrap();
        let accepting = format!("{text}accept: [{{ finding: {}, at: {at}, because: a test }}]\n", rule.code);
        let project = read(vec![Input::File("meshgen.yaml".to_owned(), accepting)]);
        assert!(!project.has_errors(), "{at}: {:?}", project.problems);
        let acceptances = acceptances_of(project.spec.as_ref().unwrap());
        let settled = settle(found(&project).0, &acceptances, None);
        assert_eq!(settled.accepted.len(), 1, "{}", rule.code);
        assert!(accepts(&acceptances[0], &settled.accepted[0].finding));
    }
}

#[test]
fn what_is_found_in_the_examples() {
    settings().bind(|| {
        let mut examples: Vec<_> =
            fs::read_dir(root().join("examples")).unwrap().map(|e| e.unwrap().path()).collect();
        examples.sort();
        for example in examples {
            let project = project(&example.join("meshgen.yaml"));
            let (findings, world) = found(&project);
            let settled = settle(findings, &acceptances_of(project.spec.as_ref().unwrap()), None);
            let name = example.file_name().unwrap().to_str().unwrap();
            assert_snapshot!(format!("example_{name}"), told(&project, &settled, &world));
        }
    });
}

#[test]
fn the_page_about_findings_is_what_the_rules_say() {
    let (path, page) = (root().join("docs/findings.md"), page(rules()));
    if env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&path, &page).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == page, "`just bless` writes docs/findings.md anew");
}

#[test]
fn codes_are_unique() {
    let codes: BTreeSet<_> = rules().iter().map(|rule| rule.code).collect();
    assert_eq!(codes.len(), rules().len());
    let slugs: BTreeSet<_> = rules().iter().map(|rule| rule.slug).collect();
    assert_eq!(slugs.len(), rules().len());
}
