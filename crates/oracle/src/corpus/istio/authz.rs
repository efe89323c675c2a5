//! `AuthorizationPolicies`, and what Istio's builder makes Envoy do for them.
//!
//! An output `X-out*.yaml` is made from `X-in.yaml`, and decides like the policies in it.
//! Source: `pilot/pkg/security/authz/builder/builder_test.go`, which also has what stands in the tables here.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use meshgen_yaml::{FileId, Limits, documents};
use serde_json::{Value, json};

use super::{
    super::{Judge, Outcome, Suite},
    Differences, envoy, namespace, operator, outcome, pod,
    samples::{self, Domains},
};
use crate::{
    manifests,
    naive::mesh::{Decision, Sight},
};

/// Outputs that are not called after their input.
const MADE_FROM: [(&str, &str); 5] = [
    ("custom-bad", "custom-simple-http"),
    ("custom-grpc-provider", "custom-simple-http"),
    ("custom-grpc-provider-no-namespace", "custom-simple-http"),
    ("custom-http-provider", "custom-simple-http"),
    ("custom-bad-invalid-config", "custom-simple-http"),
];

/// Inputs for which nothing is written.
const NOTHING: [&str; 1] = ["custom-only-http"];

/// The trust domains that an input is built with; `cluster.local` where none are named.
const DOMAINS: [(&str, &str, &[&str]); 4] = [
    ("simple-policy-td-aliases", "td1", &["cluster.local"]),
    ("simple-policy-multiple-td-aliases", "td1", &["cluster.local", "some-td"]),
    ("simple-policy-principal-with-wildcard", "td1", &["foobar"]),
    ("td-aliases-source-principal", "new-td", &["old-td", "some-trustdomain"]),
];

/// `http/` and `tcp/`: all outputs of one name are a case.
pub(super) fn run(dir: &Path, judge: &dyn Judge) -> Option<Suite> {
    let mut suite = Suite::new("istio authz builder");
    for kind in ["http", "tcp"] {
        let folder = dir.join(kind);
        let mut outputs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut inputs = BTreeSet::new();
        for file in manifests::files(&folder) {
            let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            if let Some(name) = stem.strip_suffix("-in") {
                inputs.insert(name.to_owned());
            } else if let Some((name, _)) = stem.rsplit_once("-out") {
                outputs.entry(name.to_owned()).or_default().extend(manifests::text(&file));
            } else {
                let why = "it is neither an input nor an output".to_owned();
                suite.add(format!("{kind}/{stem}"), Outcome::Failed(vec![why]));
            }
        }
        let nothing = inputs.iter().filter(|i| NOTHING.contains(&i.as_str()));
        outputs.extend(nothing.map(|i| (i.clone(), Vec::new())));
        for (name, texts) in &outputs {
            let input = input(name, &inputs);
            inputs.remove(input.unwrap_or_default());
            let text = input.and_then(|i| manifests::text(&folder.join(format!("{i}-in.yaml"))));
            let result = match (input, text) {
                (Some(input), Some(text)) => case(name, input, kind == "tcp", &text, texts, judge),
                _ => Err("its input is not there".to_owned()),
            };
            suite.add(format!("{kind}/{name}"), outcome(result));
        }
        for rest in inputs {
            suite.add(format!("{kind}/{rest}"), Outcome::Skipped("no output is made from it".to_owned()));
        }
    }
    (!suite.cases.is_empty()).then_some(suite)
}

/// The input that an output is made from. Those with `extended-` are made from the same one, in another way.
fn input<'a>(output: &'a str, inputs: &BTreeSet<String>) -> Option<&'a str> {
    let name = output.strip_prefix("extended-").unwrap_or(output);
    let from = MADE_FROM.iter().find(|(made, _)| *made == name).map(|(_, from)| *from);
    from.or_else(|| inputs.contains(name).then_some(name)).or(Some(name))
}

fn case(
    name: &str,
    input: &str,
    tcp: bool,
    text: &str,
    outputs: &[String],
    judge: &dyn Judge,
) -> Differences {
    let filters: Vec<Value> = outputs.iter().map(|t| values(t)).collect::<Result<Vec<_>, _>>()?.concat();
    let policies = manifests::parse(text);
    let named = DOMAINS.iter().find(|(of, ..)| *of == input);
    let (own, aliases) = named.map_or(("cluster.local", &[][..]), |(_, own, aliases)| (*own, *aliases));
    let domains = Domains { own, aliases };
    let mut all = vec![settings(name, &policies, &domains)];
    let labels = json!({"app": "httpbin", "version": "v1"});
    all.push(namespace("foo", &json!({"istio-injection": "enabled"})));
    all.push(pod("foo", "server", &labels, &json!({})));
    let others = |m: &&Value| m.to_string().contains("experimental.envoy.filters");
    // What other filters than Istio's say of a request is not known here, and in no sample.
    let foreign = policies.iter().any(|p| others(&p));
    all.extend(policies);
    let mesh = judge.mesh(&[manifests::file("case.json", &all)]);
    let mut differences = Vec::new();
    for sight in samples::all(text, tcp, &domains) {
        let expected = envoy::passes(&filters, &sight)?;
        let found = mesh.decided("foo/server", &sight).ok_or("the judge does not answer")?;
        let agrees = match (found, expected) {
            (Decision::Allowed, Some(true)) | (Decision::Denied, Some(false)) | (Decision::Unknown, None) => {
                true
            }
            (Decision::Unknown, Some(_)) => foreign,
            (Decision::Allowed | Decision::Denied, _) => false,
        };
        if !agrees {
            differences.push(told(expected, found, &sight));
        }
    }
    Ok(differences)
}

fn told(expected: Option<bool>, found: Decision, sight: &Sight) -> String {
    let expected = match expected {
        Some(true) => "passes",
        Some(false) => "is refused",
        None => "is asked about",
    };
    format!("- {expected} in Envoy, here {found:?}: {sight:?}")
}

/// The mesh that the suite is built with. Cases that are called `bad` have providers that cannot be asked.
fn settings(name: &str, policies: &[Value], domains: &Domains<'_>) -> Value {
    let kind = if name.contains("http") && !name.contains("both") {
        "envoyExtAuthzHttp"
    } else {
        "envoyExtAuthzGrpc"
    };
    let names: BTreeSet<&str> =
        policies.iter().filter_map(|p| p.pointer("/spec/provider/name").and_then(Value::as_str)).collect();
    let service = "foo/my-custom-ext-authz.foo.svc.cluster.local";
    let provider = |n: &&str| json!({"name": n, kind: {"service": service, "port": 9000, "failOpen": true}});
    let providers: Vec<Value> =
        if name.contains("bad") { Vec::new() } else { names.iter().map(provider).collect() };
    let mesh = json!({
        "trustDomain": domains.own,
        "trustDomainAliases": domains.aliases,
        "extensionProviders": providers,
    });
    operator(&mesh, &json!({}))
}

/// The documents of a text, which need no kind.
fn values(text: &str) -> Result<Vec<Value>, String> {
    let nodes = documents(FileId(0), text, 0..text.len(), Limits::default());
    let nodes = nodes.map_err(|problem| problem.message.clone())?;
    Ok(nodes.iter().map(manifests::json).collect())
}
