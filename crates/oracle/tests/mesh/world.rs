//! One cluster, as both judges have read it, and what can be asked of it.

use std::net::IpAddr;

use meshgen_oracle::{
    corpus::{FastMesh, Meshed},
    manifests,
    naive::mesh::{Client, Mesh, Request, Seen, Try},
};
use serde_json::{Value, json};

/// The outside, where it is asked about.
pub(crate) const OUTSIDE: &str = "203.0.113.7";

/// A cluster.
pub(crate) struct World {
    pub(crate) fast: FastMesh,
    pub(crate) naive: Mesh,
}

/// A pod and a port of it, and how clients name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Door {
    pub(crate) server: String,
    pub(crate) port: u16,
    pub(crate) by: Option<(String, u16)>,
}

impl World {
    pub(crate) fn new(all: &[Value]) -> World {
        World { fast: FastMesh::read(&[manifests::file("cluster.json", all)]), naive: Mesh::read(all) }
    }

    /// What both say, the fast one first.
    pub(crate) fn both(&self, client: &str, door: &Door, request: Option<&Request>) -> (Seen, Seen) {
        let one = one(client, door, request);
        let fast = self.fast.tried(&one).unwrap_or_else(|| panic!("the fast judge knows no {one:?}"));
        let naive = self.naive.seen(&one).unwrap_or_else(|| panic!("the naive judge knows no {one:?}"));
        (fast, naive)
    }
}

/// A connection of a pod, or of an address outside.
pub(crate) fn one<'a>(client: &'a str, door: &'a Door, request: Option<&'a Request>) -> Try<'a> {
    let client = match client.parse::<IpAddr>() {
        Ok(address) => Client::Outside(address),
        Err(_) => Client::Pod(client),
    };
    let by = door.by.as_ref().map(|(service, port)| (service.as_str(), *port));
    Try { client, server: &door.server, port: door.port, by, request }
}

/// That everything is said of the mesh that its manifests could say, so that nothing is left to guess.
pub(crate) fn operator() -> Value {
    json!({
        "apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator",
        "metadata": {"name": "istio", "namespace": "istio-system"}, "spec": {"profile": "minimal"},
    })
}

/// The webhooks that the box has, of the default revision and its tag: no other control plane is there.
///
/// Source: `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`.
pub(crate) fn injector() -> Value {
    let (inject, injection, rev) = ("sidecar.istio.io/inject", "istio-injection", "istio.io/rev");
    let one = |key: &str, operator: &str, values: &[&str]| match values {
        [] => json!({"key": key, "operator": operator}),
        _ => json!({"key": key, "operator": operator, "values": values}),
    };
    let hook = |name: &str, namespaces: &[Value], pods: &[Value]| {
        json!({
            "name": format!("{name}.sidecar-injector.istio.io"),
            "clientConfig": {"service": {"name": "istiod", "namespace": "istio-system", "path": "/inject"}},
            "namespaceSelector": {"matchExpressions": namespaces},
            "objectSelector": {"matchExpressions": pods},
        })
    };
    let silent = [one(injection, "DoesNotExist", &[]), one(rev, "DoesNotExist", &[])];
    let not_refused = one(inject, "NotIn", &["false"]);
    let by_rev = [one(rev, "In", &["default"]), one(injection, "DoesNotExist", &[])];
    let asked = [one(inject, "In", &["true"]), one(rev, "DoesNotExist", &[])];
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "istio-sidecar-injector"},
        "webhooks": [
            hook("rev.namespace", &by_rev, std::slice::from_ref(&not_refused)),
            hook("rev.object", &silent, &[not_refused.clone(), one(rev, "In", &["default"])]),
            hook("namespace", &[one(injection, "In", &["enabled"])], &[not_refused]),
            hook("object", &silent, &asked),
        ],
    })
}

/// Workloads as the one pod that each has, with an address; and the age of all objects by their order.
pub(crate) fn running(all: Vec<Value>) -> Vec<Value> {
    let mut out = vec![operator()];
    for (n, mut object) in all.into_iter().enumerate() {
        let kind = object["kind"].as_str().unwrap().to_owned();
        if ["Deployment", "StatefulSet"].contains(&kind.as_str()) {
            let template = &object["spec"]["template"];
            object = json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {
                    "name": object["metadata"]["name"], "namespace": object["metadata"]["namespace"],
                    "labels": template["metadata"]["labels"], "annotations": template["metadata"]["annotations"],
                },
                "spec": template["spec"],
            });
        }
        if object["kind"] == "Pod" {
            object["status"] = json!({"podIP": format!("10.244.0.{}", n % 250 + 2)});
        }
        object["metadata"]["creationTimestamp"] =
            format!("2026-01-01T{:02}:{:02}:{:02}Z", n / 3600, n / 60 % 60, n % 60).into();
        out.push(object);
    }
    out
}
