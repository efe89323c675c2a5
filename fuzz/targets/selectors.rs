//! Bytes as selectors: of Calico, which are read, written and read again, and which the naive judge reads alike; and
//! as the names by which people ask for pods.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use meshgen::{
    reach::{Expression, Judge, Manifests, Match},
    yaml::Sources,
};
use meshgen_fuzz::words::words;
use meshgen_oracle::naive;

fuzz_target!(|text: &str| {
    calico(text);
    names(text);
});

fn calico(text: &str) {
    // Inside of `starts with` Calico takes every white space, the naive judge blanks alone.
    if text.contains(['\n', '\r', '\u{c}']) {
        return;
    }
    let naive = naive::parse_selector(text);
    let Ok(read) = Expression::parse(text) else {
        // The fast one has a limit of depth.
        assert!(naive.is_none() || text.matches('(').count() > 90, "only the naive judge reads it");
        return;
    };
    let Some(naive) = naive else { panic!("only the fast judge reads it: {read:?}") };
    let written = words(&read);
    assert_eq!(Expression::parse(&written).as_ref(), Ok(&read), "{written}");
    for labels in ["", "app=x", "app=y env=x", "a=", "a=b", "env=xyx role=a.b/c"] {
        let pairs = labels.split(' ').filter_map(|pair| pair.split_once('='));
        let labels: BTreeMap<String, String> = pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        assert_eq!(read.selects(&labels) == Match::Yes, naive.matches(&labels), "{written} on {labels:?}");
    }
}

fn names(text: &str) {
    let mut sources = Sources::default();
    sources.add(
        "a.yaml",
        "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: a, labels: {app: x}}, \
         spec: {containers: [{name: c, ports: [{name: http, containerPort: 80}]}]}}",
    );
    let manifests = Manifests::read(sources);
    let judge = Judge::new(&manifests);
    let to = judge.destination(text);
    let from = judge.source(text);
    let (Ok(from), Ok(to)) = (from, to) else { return };
    for (from, (to, ports)) in from.iter().zip(&to) {
        judge.explain(from, to, ports);
    }
}
