//! What holds for every spec: random ones of all sections, and hostile text in all fields.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here is what the tests are about"
)]

mod generate;
mod readback;
mod text;

use meshgen::{Input, Project, read, tree, yaml::Severity};
use proptest::{collection::vec, prelude::*, strategy::ValueTree};
use serde_json::Value;

use crate::generate::Dice;

fn project(text: String) -> Project {
    read(vec![Input::File("meshgen.yaml".to_owned(), text)])
}

fn stream(project: &Project) -> Option<String> {
    let mut bytes = Vec::new();
    tree::stream(project.bundle.as_ref()?, &mut bytes).unwrap();
    Some(String::from_utf8(bytes).unwrap())
}

fn messages(project: &Project) -> Vec<&str> {
    let mut messages: Vec<_> = project.problems.iter().map(|p| p.message.as_str()).collect();
    messages.sort_unstable();
    messages
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_in_which_a_spec_is_written_changes_nothing(bytes in vec(any::<u8>(), 0..400), seed: u64) {
        let spec = generate::spec(&mut Dice::new(&bytes));
        let sorted = project(text::of(&spec, None));
        let shuffled = project(text::of(&spec, Some(seed)));
        // What is said may name the one or the other of two, but not more or less of them.
        prop_assert_eq!(sorted.problems.len(), shuffled.problems.len(), "{:?}", messages(&shuffled));
        prop_assert_eq!(&sorted.bundle, &shuffled.bundle);
        prop_assert_eq!(stream(&sorted), stream(&shuffled));
        if let (Some(one), Some(other)) = (&sorted.bundle, &shuffled.bundle) {
            prop_assert_eq!(tree::render(one).unwrap(), tree::render(other).unwrap());
        }
    }

    #[test]
    fn everything_that_is_written_reads_back(bytes in vec(any::<u8>(), 0..400)) {
        let spec = generate::spec(&mut Dice::new(&bytes));
        if let Some(bundle) = &project(text::of(&spec, None)).bundle {
            readback::check(bundle);
        }
    }

    #[test]
    fn free_text_stays_the_text_that_it_was(hostile in text::hostile()) {
        let spec = serde_json::json!({
            "meshgen": "v1", "project": "shop", "cluster": { "existing": { "networkPolicy": "calico" } },
            "namespaces": { "shop": {} },
            "workloads": { "shop/web": {
                "image": "web:1", "command": [hostile, "x"], "args": [hostile],
                "env": { "PLAIN": hostile, "TOKEN": { "text": hostile } },
            } },
        });
        let project = project(text::of(&spec, None));
        prop_assert!(project.problems.is_empty(), "{:?}", project.problems);
        let bundle = project.bundle.unwrap();
        let texts = readback::texts_of_the_container(&readback::check(&bundle));
        prop_assert_eq!(texts, [&*hostile, "x", &*hostile, &*hostile, &*hostile].map(str::to_owned));
    }

    #[test]
    fn text_with_rules_is_kept_or_refused_with_a_message(
        field in proptest::sample::select(text::FIELDS.to_vec()), hostile in text::hostile()
    ) {
        let mut spec = text::spec_with_every_field();
        let is_key = field.ends_with("/KEY");
        if is_key {
            let parent = spec.pointer_mut(field.strip_suffix("/KEY").unwrap()).unwrap().as_object_mut().unwrap();
            let value = parent.values().next().unwrap().clone();
            parent.insert(hostile.clone(), value);
        } else {
            *spec.pointer_mut(field).unwrap_or_else(|| panic!("{field}")) = Value::String(hostile.clone());
        }
        let project = project(text::of(&spec, None));
        for problem in &project.problems {
            let place = problem.place.unwrap_or_else(|| panic!("{field}: nowhere: {}", problem.message));
            prop_assert!((place.end as usize) <= text::of(&spec, None).len());
            prop_assert!(!problem.message.is_empty() && !problem.message.contains(char::is_control));
        }
        prop_assert_ne!(project.bundle.is_some(), project.has_errors());
        if let Some(bundle) = &project.bundle {
            readback::check(bundle);
        }
    }
}

/// Else the properties above would say little.
#[test]
fn most_of_the_random_specs_are_without_errors() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let specs = vec(any::<u8>(), 50..400);
    let mut reasons = Vec::new();
    for _ in 0..200 {
        let bytes = specs.new_tree(&mut runner).unwrap().current();
        let project = project(text::of(&generate::spec(&mut Dice::new(&bytes)), None));
        match project.problems.into_iter().find(|p| p.severity == Severity::Error) {
            Some(problem) => reasons.push(problem.message),
            None => assert!(project.bundle.is_some()),
        }
    }
    reasons.sort();
    assert!(reasons.len() < 100, "{} of 200: {reasons:#?}", reasons.len());
}

#[test]
fn an_order_is_another_one() {
    let spec = text::spec_with_every_field();
    assert_ne!(text::of(&spec, None), text::of(&spec, Some(1)));
    assert_eq!(serde_yaml::from_str::<Value>(&text::of(&spec, Some(1))).unwrap(), spec);
}
