//! PeerAuthentication and DestinationRule: whether one workload reaches another, and whether by mTLS.
//!
//! Source: `tests/integration/security/reachability_test.go`.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    super::{Judge, Suite},
    Differences, flag, list, namespace, only, outcome, pod, template, text,
};
use crate::{
    manifests::{self, File},
    naive::mesh::{Client, Request, Seen, Try},
};

const ROOT: &str = "istio-system";
const APPS: &str = "apps";
const HOST: &str = "to.apps.svc.cluster.local";

/// The ports of the server: name, the Service's number, the workload's.
const PORTS: [(&str, u16, u16); 5] = [
    ("http", 80, 8080),
    ("http2", 85, 8085),
    ("https", 443, 8443),
    ("tcp", 9090, 9000),
    ("grpc", 7070, 7000),
];

/// A row of each matrix is a case.
pub(super) fn run(all: &Value, dir: &Path, suite: &mut Suite, judge: &dyn Judge) -> Result<(), String> {
    let folder = dir.join("reachability_templates");
    for case in list(all, "cases")? {
        let name = text(case, "name")?;
        for row in list(case, "matrix")? {
            let end = |key| match flag(row, key) {
                Ok(true) => "meshed",
                Ok(false) => "plain",
                Err(_) => "?",
            };
            let expected = row.get("success").unwrap_or(&Value::Null);
            let title = format!("{name}: {} => {}, {expected}", end("from_sidecar"), end("to_sidecar"));
            suite.add(title, outcome(one(case, row, &folder, judge)));
        }
    }
    Ok(())
}

fn one(case: &Value, row: &Value, folder: &Path, judge: &dyn Judge) -> Differences {
    only(
        case,
        &[
            "name",
            "templates",
            "peer_authentication_mode",
            "peer_authentication_port_override",
            "client_destination_rule_tls_mode",
            "expect_success",
            "expect_mtls",
            "matrix",
        ],
    )?;
    only(row, &["from_sidecar", "to_sidecar", "success", "mtls"])?;
    let (from, to) = (flag(row, "from_sidecar")?, flag(row, "to_sidecar")?);
    let mut all = cluster(from, to);
    all.extend(configuration(case, folder)?);
    // What demands an identity passes by mTLS only.
    let mut guarded = all.clone();
    guarded.push(json!({
        "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": "known", "namespace": APPS},
        "spec": {"rules": [{"from": [{"source": {"principals": ["*"]}}]}]},
    }));
    let routed = all.iter().any(|m| m.get("kind").is_some_and(|k| k == "VirtualService"));
    let mut differences = Vec::new();
    for (name, number, port) in PORTS.iter().filter(|p| p.0 == "http" || (p.0 == "tcp" && !routed)) {
        let request = Request {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            host: HOST.to_owned(),
            ..Request::default()
        };
        let try_it = |manifests: &[Value]| {
            let one = Try {
                client: Client::Pod("apps/from"),
                server: "apps/to",
                port: *port,
                by: Some(("apps/to", *number)),
                request: Some(&request).filter(|_| *name == "http"),
            };
            let file: File = manifests::file("case.json", manifests);
            judge.mesh(&[file]).tried(&one).ok_or("the judge does not answer")
        };
        let seen = try_it(&all)?;
        let mutual = to && try_it(&guarded)? == Seen::Open;
        let (success, mtls) = (flag(row, "success")?, flag(row, "mtls")?);
        if (seen == Seen::Open) != success || seen == Seen::Unknown || mutual != mtls {
            let said = format!("success {success}, mtls {mtls}, not {seen:?}, mtls {mutual}");
            differences.push(format!("- {name}: {said}"));
        }
    }
    Ok(differences)
}

fn cluster(from: bool, to: bool) -> Vec<Value> {
    let labels = |app: &str, sidecar: bool| {
        let inject = if sidecar { "true" } else { "false" };
        json!({"app": app, "sidecar.istio.io/inject": inject})
    };
    let ports: Vec<Value> = PORTS
        .iter()
        .map(|(name, port, target)| json!({"name": name, "port": port, "targetPort": target}))
        .collect();
    vec![
        namespace(ROOT, &json!({})),
        namespace(APPS, &json!({"istio-injection": "enabled"})),
        pod(APPS, "from", &labels("from", from), &json!({})),
        pod(APPS, "to", &labels("to", to), &json!({})),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "to", "namespace": APPS},
            "spec": {"selector": {"app": "to"}, "ports": ports},
        }),
    ]
}

/// The templates of a case, filled in. One that names the server stands in its namespace, any other in the root one.
fn configuration(case: &Value, folder: &Path) -> Result<Vec<Value>, String> {
    let mut all = Vec::new();
    for name in list(case, "templates")? {
        let name = name.as_str().ok_or("a template has no name")?;
        let text = manifests::text(&folder.join(name)).ok_or(format!("the template `{name}` is missing"))?;
        let rendered = template::render(&text, &|e| expression(case, e))?;
        let space = if text.contains(".To.") { APPS } else { ROOT };
        for mut manifest in manifests::parse(&rendered) {
            let meta = manifest.get_mut("metadata").and_then(Value::as_object_mut);
            let meta = meta.ok_or(format!("the template `{name}` has an object without metadata"))?;
            meta.entry("namespace").or_insert_with(|| space.into());
            all.push(manifest);
        }
    }
    Ok(all)
}

/// What an expression of a template stands for.
fn expression(case: &Value, expression: &str) -> Option<String> {
    // What is left out is the empty text to a template, which asks for that.
    let word = |key: &str| match case.get(key) {
        Some(Value::String(word)) => Some(word.clone()),
        Some(Value::Null) => Some(String::new()),
        _ => None,
    };
    match expression {
        ".MTLSMode" => word("peer_authentication_mode"),
        ".MTLSModeOverride" => word("peer_authentication_port_override"),
        ".TLSMode" => word("client_destination_rule_tls_mode"),
        ".To.ServiceName" => Some("to".to_owned()),
        ".To.ClusterLocalFQDN" => Some(HOST.to_owned()),
        other => {
            let port = other.strip_prefix("(.To.PortForName ")?.strip_suffix(").WorkloadPort")?;
            let name = port.trim().trim_matches(['`', '"']);
            PORTS.iter().find(|p| p.0 == name).map(|p| p.2.to_string())
        }
    }
}
