//! What a spec becomes: files, most of them holding typed objects, in the order in which they are applied.
//!
//! This is the border between whoever plans and whoever writes, and knows neither: plain values with public
//! fields. Kubernetes kinds are those of `k8s-openapi`; Istio's and Calico's are here, because the crates
//! that have them are behind the versions that meshgen speaks.
//!
//! No version feature of `k8s-openapi` is chosen here: the binary does.

pub mod calico;
mod custom;
pub mod data;
mod file;
pub mod istio;
pub mod istio_operator;
mod object;
mod value;

pub use data::Data;
pub use file::{Bundle, ChartTemplate, Content, File, FilePath, InvalidPath, Part};
pub use object::{Id, Object};
pub use value::{EnvPiece, Only, Piece, Template, Value};
