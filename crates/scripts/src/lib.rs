//! The text of a tree: `env.sh`, scripts, the README, and the kit of a client that is built.
//!
//! Pure: a [`Context`] goes in, files come out, always the same ones. Text that no check of ours reads as data is
//! made of templates here; manifests, helmfiles, the IstioOperator file and the configuration of kind and Calico
//! are not: those are serialised values.
//!
//! No value can break out of its place. Whatever goes into a shell script as a word is quoted by the filter `sh`,
//! whatever goes into the README as prose is escaped by `md`, and everything that stands bare — in a Makefile, a
//! Dockerfile, a URL, a command of the README — is of a type whose alphabet has nothing to break out with
//! ([`word`]).
//!
//! The scripts export `REGISTRY` (and on AKS `AZ_ACR_LOGIN_SERVER`, the same) before they call make or helmfile, so
//! a client's values read `requiredEnv "REGISTRY"`. `KUBECONFIG` and `KUBE_CONTEXT` come from `env.sh`; every
//! kubectl, helmfile and istioctl gets the context by name.

mod check;
pub mod context;
mod engine;
mod error;
mod files;
mod reserved;
mod templates;
pub mod word;

pub use context::Context;
pub use error::Error;
pub use files::files;
