//! What the client sees, and why.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Remains, Said};

/// What the client sees.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is answered by the server.
    Open,
    /// HTTP: which requests are answered, the request decides.
    Partial(Remains),
    /// Nothing: packets are dropped. A client with a sidecar is connected at once, and gets a 503 after a while (S18).
    Timeout,
    /// The connection is reset: plain text where mTLS is demanded, or a sidecar that refuses what it does not know.
    Reset,
    /// The connection is closed once something was sent: TCP, refused by authorization. A server that speaks first
    /// is still heard (S2).
    Closed,
    /// 403, or 401 with a token that is not valid.
    Forbidden,
    /// An error from the client's own sidecar (503, 502, 404), or nobody listens.
    Unavailable,
    /// The manifests, or the specifications, do not say.
    Unknown,
}

/// What the client sees, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Outcome")]
#[expect(missing_docs, reason = "they are those of `Outcome`")]
pub enum OutcomeTold {
    Open,
    Partial,
    Timeout,
    Reset,
    Closed,
    Forbidden,
    Unavailable,
    Unknown,
}

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MeshLayer")]
pub enum Layer {
    /// Who is in the mesh.
    Membership,
    /// The client's own sidecar.
    Client,
    /// Network policies.
    Network,
    /// Encryption.
    Mtls,
    /// Authorization by the server's sidecar.
    Authorization,
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What decided, or had a part in it.
    pub layer: Layer,
    /// In words.
    pub said: String,
    /// The objects that say so.
    pub by: Vec<Said>,
}

/// What the client sees, and why: the layers in the order in which packets meet them; the last one decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What the client sees.
    pub outcome: Outcome,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl Layer {
    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Layer::Membership => "membership",
            Layer::Client => "the client's sidecar",
            Layer::Network => "network",
            Layer::Mtls => "mTLS",
            Layer::Authorization => "authorization",
        }
    }
}

impl Outcome {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        self.told().word()
    }

    /// The same without the requests.
    pub fn told(&self) -> OutcomeTold {
        match self {
            Outcome::Open => OutcomeTold::Open,
            Outcome::Partial(_) => OutcomeTold::Partial,
            Outcome::Timeout => OutcomeTold::Timeout,
            Outcome::Reset => OutcomeTold::Reset,
            Outcome::Closed => OutcomeTold::Closed,
            Outcome::Forbidden => OutcomeTold::Forbidden,
            Outcome::Unavailable => OutcomeTold::Unavailable,
            Outcome::Unknown => OutcomeTold::Unknown,
        }
    }
}

impl OutcomeTold {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            OutcomeTold::Open => "open",
            OutcomeTold::Partial => "partial",
            OutcomeTold::Timeout => "timeout",
            OutcomeTold::Reset => "reset",
            OutcomeTold::Closed => "closed",
            OutcomeTold::Forbidden => "forbidden",
            OutcomeTold::Unavailable => "unavailable",
            OutcomeTold::Unknown => "unknown",
        }
    }
}

impl Reason {
    /// A reason that no object gives.
    pub fn plain(layer: Layer, said: impl Into<String>) -> Reason {
        Reason { layer, said: said.into(), by: Vec::new() }
    }
}
