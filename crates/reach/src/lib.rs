//! Judges from manifests alone who may connect to whom, and says why.
//!
//! The judge reads *manifests*, whoever made them, and never what was meant by them. It works on classes of
//! pods that no policy tells apart, so the cost follows the policies and not the pods.
//!
//! Invariants: nothing here knows a spec or a plan, a disk, a clock or the network. What is not understood
//! and could change an answer makes that answer unknown, and is reported.

mod addresses;
mod bits;
mod cells;
mod claims;
mod classes;
mod cluster;
mod compare;
mod door;
mod explain;
mod exposed;
mod exposure;
mod find;
mod judge;
mod list;
mod matcher;
mod names;
mod near;
mod party;
mod policy;
mod ports;
mod ranges;
mod read;
mod report;
mod running;
mod select;
mod side;
mod table;
mod told;
mod unfound;
mod verdict;
mod walk;
mod ways;

pub use addresses::{AddressRange, Addresses};
pub use bits::Bits;
pub use cells::Cells;
pub use claims::{Allowed, Claim, ClaimPort, Counter, Pods, Proof, Truth, Who};
pub use cluster::{
    Cluster, ContainerPort, Namespace, NetworkSet, Pod, PortRef, Service, ServicePort, Tier, Unread, Workload,
};
pub use compare::{Change, Comparison};
pub use door::{Backend, BackendPort, Door, Gateway, Via};
pub use exposed::{ExposedTold, ExposureTold, Unprotected};
pub use exposure::{Exposed, Exposure, Reading, Unseen};
pub use judge::{Judge, Manifests, Where};
pub use list::{Certainty, Coverage, Group, Line, List, ListEnd, Pair};
pub use matcher::{Accounts, End, Entity, Matcher, Namespaces, PodView, Scope};
pub use names::{Members, Namer};
pub use near::Near;
pub use party::{Party, Stranger, Traits};
pub use policy::{Action, Direction, Layer, Policy, PolicyKind, PortRule, Rule};
pub use ports::{PortSet, Protocol};
pub use read::Reader;
pub use report::{Focus, Report, Told, cell, short};
pub use select::{
    BadExpression, Expression, Labels, Match, Operator, Requirement, Seen, Selector, Values, View,
};
pub use side::Permitted;
pub use unfound::{Missing, Unfound};
pub use verdict::{
    Answer, Decision, Effect, Explanation, LayerDecision, Part, Reason, RuleName, Said, Verdict,
};
pub use ways::{Way, WayTold};
