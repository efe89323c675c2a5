//! Ports that no Service declares: what a sidecar takes there.
//!
//! Source: `tests/integration/security/pass_through_filter_chain_test.go`.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    super::{Judge, Suite},
    Differences, flag, list, only, outcome, pod, text,
};
use crate::{
    manifests::{self, File},
    naive::mesh::{Decision, Identity, Request, Sight},
};

/// A port of each case is a case.
pub(super) fn run(all: &Value, _: &Path, suite: &mut Suite, judge: &dyn Judge) -> Result<(), String> {
    for case in list(all, "cases")? {
        let name = text(case, "name")?;
        for row in list(case, "expected")? {
            let port = row.get("port").unwrap_or(&Value::Null);
            suite.add(format!("{name}: {port}"), outcome(one(case, row, judge)));
        }
    }
    Ok(())
}

fn one(case: &Value, row: &Value, judge: &dyn Judge) -> Differences {
    only(case, &["name", "config", "destination", "expected"])?;
    only(row, &["port", "port_name", "from_naked_plaintext", "from_sidecar_forced_mtls"])?;
    // The words say a workload `b` with a sidecar; another one is not understood.
    let destination = text(case, "destination")?;
    if !destination.starts_with("sidecar workload b (label app: b)") {
        return Err(format!("the destination `{destination}` is not understood"));
    }
    let labels = json!({"app": "b", "sidecar.istio.io/inject": "true"});
    let server = manifests::file("server.json", &[pod("default", "b", &labels, &json!({}))]);
    let config = File { name: "config.yaml".to_owned(), text: text(case, "config")?.to_owned() };
    let mesh = judge.mesh(&[server, config]);
    if mesh.injected("default/b") != Some(true) {
        return Err("the server has no sidecar".to_owned());
    }
    let port = row.get("port").and_then(Value::as_u64).and_then(|p| u16::try_from(p).ok());
    let port = port.ok_or("`port` is no port")?;
    let mut differences = Vec::new();
    for (key, mutual) in [("from_naked_plaintext", false), ("from_sidecar_forced_mtls", true)] {
        let taken = mesh.taken("default/b", port, mutual).ok_or("the judge does not answer")?;
        let decided =
            mesh.decided("default/b", &sight(port, mutual, text(row, "port_name")?)).ok_or("no such pod")?;
        let (found, expected) = (taken && decided == Decision::Allowed, flag(row, key)?);
        if found != expected || decided == Decision::Unknown {
            differences.push(format!("- {key}: {expected}, not taken {taken}, {decided:?}"));
        }
    }
    Ok(differences)
}

/// What is sent to a port that is called after HTTP is a request.
fn sight(port: u16, mutual: bool, name: &str) -> Sight {
    let identity = Identity {
        trust_domain: "cluster.local".to_owned(),
        namespace: "default".to_owned(),
        account: "a".to_owned(),
    };
    let request = Request {
        method: "GET".to_owned(),
        path: "/".to_owned(),
        host: "b".to_owned(),
        ..Request::default()
    };
    Sight {
        identity: Some(identity).filter(|_| mutual),
        source: None,
        remote: None,
        destination: None,
        port,
        request: Some(request).filter(|_| name.starts_with("HTTP") || name.starts_with("GRPC")),
        tokens: false,
    }
}
