//! PeerAuthentication: what a server takes (I7, S6, S27, S32).

use serde_json::Value;

use super::{
    super::{
        labels::selects,
        model::{namespace, string},
    },
    model::{Mesh, Pod, Undecided, oldest},
};

/// What a server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Disable,
    Permissive,
    Strict,
}

impl Mode {
    pub(super) fn of(spec: Option<&Value>) -> Option<Mode> {
        match string(spec.and_then(|s| s.get("mode"))).as_str() {
            "DISABLE" => Some(Mode::Disable),
            "PERMISSIVE" => Some(Mode::Permissive),
            "STRICT" => Some(Mode::Strict),
            _ => None,
        }
    }
}

impl Mesh {
    /// The mode of a port of a pod: that of the port, else of the workload, the namespace, the mesh, else PERMISSIVE.
    pub(super) fn mode(&self, pod: &Pod, port: u16) -> Result<Mode, Undecided> {
        let mine = self.peer_authentications(|p| {
            namespace(p) == pod.namespace && namespace(p) != self.root() && has_selector(p)
        });
        let mine: Vec<&Value> = mine
            .into_iter()
            .filter(|p| p.pointer("/spec/selector").is_some_and(|s| selects(s, &pod.labels)))
            .collect();
        let by_port = |p: &Value| Mode::of(p.pointer(&format!("/spec/portLevelMtls/{port}")));
        let whole = |p: &Value| Mode::of(p.pointer("/spec/mtls"));
        let said = oldest(&mine, |p| by_port(p).or(whole(p)))?;
        match said.and_then(|p| by_port(p).or(whole(p))) {
            Some(mode) => Ok(mode),
            None => self.mode_of_namespace(&pod.namespace),
        }
    }

    /// The mode of a namespace, whatever its workloads say.
    pub(super) fn mode_of_namespace(&self, space: &str) -> Result<Mode, Undecided> {
        let root = self.root();
        for level in [space, root.as_str()] {
            let all = self.peer_authentications(|p| namespace(p) == level && !has_selector(p));
            let whole = |p: &Value| Mode::of(p.pointer("/spec/mtls"));
            if let Some(mode) = oldest(&all, whole)?.and_then(whole) {
                return Ok(mode);
            }
        }
        Ok(Mode::Permissive)
    }

    fn peer_authentications(&self, wanted: impl Fn(&Value) -> bool) -> Vec<&Value> {
        self.of("security.istio.io", "PeerAuthentication").filter(|p| wanted(p)).collect()
    }
}

/// An empty selector is none.
pub(super) fn has_selector(policy: &Value) -> bool {
    let labels = policy.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    labels.is_some_and(|l| !l.is_empty())
}
