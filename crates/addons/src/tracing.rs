//! Where proxies send spans. The addons take them, but no proxy sends any before the mesh is told to: it needs an
//! extension provider and a default provider for tracing.
//!
//! Source: istio/api release-1.31 `mesh/v1alpha1/config.proto`, `ExtensionProvider` and `DefaultProviders`.

use crate::{Addons, Mesh};

/// What the mesh has to be told, as an extension provider of `MeshConfig`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracingProvider {
    /// Its name.
    pub name: &'static str,
    /// The host name of the Service.
    pub service: String,
    /// The port of the Service.
    pub port: u16,
    /// The field of the provider that takes service and port.
    pub protocol: TracingProtocol,
}

/// How spans are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TracingProtocol {
    /// `opentelemetry`, over gRPC.
    OpenTelemetry,
    /// `zipkin`.
    Zipkin,
}

/// The provider for the addon that takes spans; none without one.
pub fn tracing_provider(mesh: &Mesh, addons: &Addons) -> Option<TracingProvider> {
    let provider = |name, service: &str, port, protocol| TracingProvider {
        name,
        service: format!("{service}.{}.svc.cluster.local", mesh.namespace),
        port,
        protocol,
    };
    let jaeger = addons.jaeger.as_ref();
    let zipkin = addons.zipkin.as_ref();
    jaeger
        .map(|_| provider("jaeger", "jaeger-collector", 4317, TracingProtocol::OpenTelemetry))
        .or_else(|| zipkin.map(|_| provider("zipkin", "zipkin", 9411, TracingProtocol::Zipkin)))
}
