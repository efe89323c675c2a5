//! What Istio makes of a connection: injection, mTLS, authorization, from manifests alone.
//!
//! [`Mesh::read`] reads manifests, whoever made them; [`Mesh::verdict`] says what the client of one connection sees,
//! [`Mesh::any`] what becomes of any request on a port. Network policies act below the mesh: what they say is given as
//! [`Below`], and the labels that pods have once they are injected, by which they select, are [`Mesh::labels`].
//!
//! ```
//! use meshgen_mesh::{Below, By, Call, Client, Mesh, Settings};
//! use meshgen_yaml::Sources;
//!
//! let mut sources = Sources::default();
//! sources.add("mesh.yaml", "
//! apiVersion: v1
//! kind: Namespace
//! metadata: {name: shop, labels: {istio-injection: enabled}}
//! ---
//! apiVersion: v1
//! kind: Pod
//! metadata: {name: web, namespace: shop}
//! spec: {containers: [{name: c}]}
//! ---
//! apiVersion: security.istio.io/v1
//! kind: PeerAuthentication
//! metadata: {name: default, namespace: shop}
//! spec: {mtls: {mode: STRICT}}
//! ");
//! let mesh = Mesh::read_with(&sources, Settings::default());
//! let call = Call { client: Client::Outside(None), server: 0, port: 8080, by: By::Address };
//! assert_eq!(mesh.any(&call, Below::Passes).outcome.word(), "reset");
//! ```
//!
//! Invariants: nothing here knows a spec or a plan, a disk, a clock or the network. What is not understood and could
//! change an answer makes that answer unknown. Each rule of Istio stands in one place, with its source; rules that
//! were measured on a real one are called by their numbers (I1, S1, …).

mod alike;
mod ambient;
mod any;
mod apart;
mod authorization;
mod beyond;
mod call;
mod capture;
mod cluster;
mod destination;
mod egress;
mod encryption;
mod ends;
mod entry;
mod given;
mod hidden;
mod homes;
mod index;
mod injection;
mod judged;
mod labels;
mod listener;
mod mesh;
mod near;
mod normalize;
mod object;
mod outcome;
mod pattern;
mod peer;
mod protocol;
mod read;
mod routed;
mod settings;
mod supposed;
mod told;
mod truth;
mod verdict;

pub use alike::Differs;
pub use ambient::HBONE;
pub use apart::Apart;
pub use authorization::{
    Action, Attribute, AuthorizationPolicy, Clause, Condition, Decided, Effect, Identity, Remains, Request,
    Rule, Scope, Seen, TargetRef, Term, Token,
};
pub use call::{Below, By, Call, Client};
pub use cluster::{ContainerPort, Endpoint, Pod, Service, ServicePort, Target};
pub use destination::{Carried, DestinationRule, Handshake, TlsMode, Traffic};
pub use egress::{Egress, HttpRoute, RequestAuthentication, Route, RouteMatch, SidecarScope};
pub use entry::{Outside, ServiceEntry};
pub use given::is_given;
pub use injection::{Injection, Membership, labels_after_injection};
pub use labels::{Labels, Operator, Requirement, Selector};
pub use listener::{Gateway, Listener, Peers};
pub use mesh::{Member, Mesh};
pub use object::{Meta, Undecided};
pub use outcome::{Layer, Outcome, OutcomeTold, Reason, Verdict};
pub use peer::{Mode, ModeOf, PeerAuthentication, Said};
pub use protocol::Protocol;
pub use read::Reader;
pub use settings::{Capture, Injector, Known, Normalization, Provider, Settings, Webhook, webhooks};
pub use supposed::FRESH;
pub use told::{ObjectTold, ReasonTold, Told};
pub use truth::Truth;
