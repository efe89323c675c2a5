//! meshgen as a library: one small spec into everything that a mesh-secured application needs on Kubernetes.
//!
//! Text goes in, values come out. Nothing here touches a disk, a clock, the environment or the network, so the
//! same spec gives the same bytes everywhere; only [`tree::disk`] writes, when it is asked to.
//!
//! ```
//! use meshgen::{Input, read, tree};
//!
//! let spec = "
//! meshgen: v1
//! project: shop
//! cluster: { existing: { networkPolicy: calico } }
//! namespaces: { shop: {} }
//! workloads:
//!   shop/web: { image: ghcr.io/acme/web:2.4.1, ports: { http: 8080 } }
//! ";
//! let project = read(vec![Input::File("meshgen.yaml".to_owned(), spec.to_owned())]);
//! assert_eq!(project.problems, []);
//!
//! let bundle = project.bundle.ok_or("the spec has errors")?;
//! let kinds: Vec<_> = bundle.objects().map(|object| object.type_meta().1).collect();
//! assert_eq!(kinds, ["Namespace", "ServiceAccount", "Service", "Deployment"]);
//!
//! let files = tree::render(&bundle)?.files;
//! let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
//! assert_eq!(paths, ["apps/shop/namespace.yaml", "apps/shop/workloads/web.yaml", "kustomization.yaml"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The version of Kubernetes whose types are used is the choice of the binary: it depends on `k8s-openapi` with
//! a version feature, such as `v1_36`.

mod claims;
pub mod findings;
mod kind;
mod project;
mod prove;

pub use claims::{Claimed, claims};
pub use kind::Kind;
pub use meshgen_bundle as bundle;
pub use meshgen_mesh as mesh;
pub use meshgen_plan as plan;
pub use meshgen_reach as reach;
pub use meshgen_spec as spec;
pub use meshgen_spec::Input;
pub use meshgen_tree as tree;
pub use meshgen_verdict as verdict;
pub use meshgen_yaml as yaml;
pub use project::{Project, manifests, read};
pub use prove::{Proven, prove};

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
