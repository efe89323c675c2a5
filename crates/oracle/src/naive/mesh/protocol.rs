//! What a port speaks, as far as Istio knows (I5, S7, S35).

use serde_json::Value;

use super::{
    super::model::{items, number, string},
    model::{Mesh, Pod, Undecided, is_tcp, oldest},
};

/// What a sidecar takes a port for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    Http,
    Tcp,
    /// TLS of the application itself.
    Tls,
    /// What is sent decides.
    Either,
}

impl Speaks {
    /// Whether what is sent is taken for HTTP.
    pub(super) fn is_http(self, sends_http: bool) -> bool {
        match self {
            Speaks::Http => true,
            Speaks::Tcp | Speaks::Tls => false,
            Speaks::Either => sends_http,
        }
    }

    fn of_word(word: &str) -> Speaks {
        match word.to_lowercase().as_str() {
            "http" | "http2" | "grpc" | "grpc-web" | "http_proxy" => Speaks::Http,
            "tcp" | "mongo" | "mysql" | "redis" => Speaks::Tcp,
            "https" | "tls" => Speaks::Tls,
            _ => Speaks::Either,
        }
    }

    /// `appProtocol` of a port of a Service, else its name up to the first `-`. Where servers speak first, nothing is
    /// detected.
    /// Source: Istio, Protocol Selection.
    pub(super) fn of(port: &Value) -> Speaks {
        let (app, name) = (string(port.get("appProtocol")), string(port.get("name")));
        let word = if app.is_empty() { name.to_lowercase() } else { app.to_lowercase() };
        let said = match word.as_str() {
            "kubernetes.io/h2c" | "kubernetes.io/ws" => Speaks::Http,
            "kubernetes.io/wss" => Speaks::Tls,
            grpc_web if grpc_web.starts_with("grpc-web") => Speaks::Http,
            other => Speaks::of_word(other.split('-').next().unwrap_or_default()),
        };
        let first = matches!(number(port.get("port")), Some(25 | 53 | 3306 | 27017));
        if said == Speaks::Either && first { Speaks::Tcp } else { said }
    }
}

impl Mesh {
    /// What the server's sidecar takes a port for: as its Sidecar lists its ports, else as the oldest Service says.
    pub(super) fn speaks(&self, pod: &Pod, port: u16) -> Result<Speaks, Undecided> {
        let scope = self.scope(pod)?;
        let listed = items(scope.and_then(|s| s.pointer("/spec/ingress")));
        if !listed.is_empty() {
            let said = listed.iter().find(|l| number(l.pointer("/port/number")) == Some(port));
            return Ok(said.map_or(Speaks::Either, |l| Speaks::of_word(&string(l.pointer("/port/protocol")))));
        }
        let leads = |s: &Value| {
            let ports = items(s.pointer("/spec/ports")).iter();
            ports.filter(|p| is_tcp(p)).find(|p| pod.target_of(p) == Some(port)).map(Speaks::of)
        };
        let services = self.of("", "Service").filter(|s| pod.is_behind(s) && leads(s).is_some());
        let services: Vec<&Value> = services.collect();
        Ok(oldest(&services, leads)?.and_then(leads).unwrap_or(Speaks::Either))
    }
}
