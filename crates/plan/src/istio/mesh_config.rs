//! Settings of the mesh, as Istio reads them.

use meshgen_addons::TracingProtocol;
use meshgen_bundle::Value;
use meshgen_spec::{DefaultConfig, DefaultProviders, Duration, Istio, MeshConfig, Name, Profile, Spec, Tree};
use meshgen_yaml::At;

use crate::addons;
use crate::value::{map, texts, value};

/// What holds: what was said, and where proxies send spans if an addon takes them. Without a default provider no
/// proxy sends any.
pub(crate) fn effective(spec: &Spec, istio: &Istio) -> Option<Value> {
    let managed = istio.managed.as_ref().and_then(|m| m.mesh_config.as_ref());
    let said = istio.mesh_config.as_ref().or(managed).map(|m| &m.value).cloned().unwrap_or_default();
    let mut whole = mesh_config(&said).unwrap_or(Value::Map(Vec::new()));
    if let Some(provider) = addons::tracing(spec)
        && said.default_providers.tracing.is_empty()
    {
        let name = Value::text(provider.name);
        whole.set(&["defaultProviders", "tracing"], Value::List(vec![name.clone()]));
        // The profile `demo` has one for Jaeger; a list here would replace all of its providers.
        let of_profile = istio.profile() == Profile::Demo
            && istio.version.is_some()
            && provider.name == "jaeger"
            && said.extension_providers.is_empty();
        let is_said = said.extension_providers.keys().any(|n| n.as_str() == provider.name);
        if !of_profile && !is_said {
            let field = match provider.protocol {
                TracingProtocol::OpenTelemetry => "opentelemetry",
                TracingProtocol::Zipkin => "zipkin",
            };
            let target =
                [("service", Value::text(provider.service)), ("port", Value::Int(provider.port.into()))];
            let mut all: Vec<Value> = extension_providers(&said);
            all.push(Value::map([("name", name), (field, Value::map(target))]));
            whole.set(&["extensionProviders"], Value::List(all));
        }
    }
    (!whole.is_empty()).then_some(whole)
}

fn extension_providers(said: &MeshConfig) -> Vec<Value> {
    let provider = |(name, tree): (&At<Name>, &Tree)| {
        let mut whole = Value::map([("name", Value::text(name.to_string()))]);
        whole.overlay(value(tree));
        whole
    };
    said.extension_providers.iter().map(provider).collect()
}

/// What was said; nothing where nothing was.
fn mesh_config(said: &MeshConfig) -> Option<Value> {
    let mut all: Vec<(&str, Value)> = Vec::new();
    text(&mut all, "accessLogFile", said.access_log_file.as_ref());
    text(
        &mut all,
        "accessLogEncoding",
        said.access_log_encoding.map(meshgen_spec::AccessLogEncoding::as_str).as_ref(),
    );
    text(&mut all, "accessLogFormat", said.access_log_format.as_ref());
    switch(&mut all, "enableTracing", said.enable_tracing);
    switch(&mut all, "enableAutoMtls", said.enable_auto_mtls);
    switch(&mut all, "enablePrometheusMerge", said.enable_prometheus_merge);
    mode(&mut all, "outboundTrafficPolicy", said.outbound_traffic_policy.map(|p| p.mode.as_str()));
    mode(&mut all, "inboundTrafficPolicy", said.inbound_traffic_policy.map(|p| p.mode.as_str()));
    text(&mut all, "trustDomain", said.trust_domain.as_ref());
    text(&mut all, "rootNamespace", said.root_namespace.as_ref());
    text(&mut all, "connectTimeout", said.connect_timeout.as_ref());
    if !said.discovery_selectors.is_empty() {
        all.push(("discoverySelectors", Value::List(said.discovery_selectors.iter().map(value).collect())));
    }
    if !said.extension_providers.is_empty() {
        all.push(("extensionProviders", Value::List(extension_providers(said))));
    }
    all.extend(default_providers(&said.default_providers).map(|v| ("defaultProviders", v)));
    all.extend(default_config(&said.default_config).map(|v| ("defaultConfig", v)));
    let mut whole = Value::map(all);
    whole.overlay(map(&said.extra));
    (!whole.is_empty()).then_some(whole)
}

fn default_providers(said: &DefaultProviders) -> Option<Value> {
    let lists =
        [("metrics", &said.metrics), ("tracing", &said.tracing), ("accessLogging", &said.access_logging)];
    let list = |names: &[Name]| Value::List(names.iter().map(|n| Value::text(n.to_string())).collect());
    let said: Vec<_> = lists.into_iter().filter(|(_, l)| !l.is_empty()).map(|(k, l)| (k, list(l))).collect();
    (!said.is_empty()).then(|| Value::map(said))
}

fn default_config(said: &DefaultConfig) -> Option<Value> {
    let mut all: Vec<(&str, Value)> = Vec::new();
    switch(&mut all, "holdApplicationUntilProxyStarts", said.hold_application_until_proxy_starts);
    all.extend(said.concurrency.map(|n| ("concurrency", Value::Int(n.into()))));
    let duration = |d: &Option<Duration>| d.as_ref().map(|d| Value::text(d.to_string()));
    all.extend(duration(&said.drain_duration).map(|d| ("drainDuration", d)));
    all.extend(duration(&said.termination_drain_duration).map(|d| ("terminationDrainDuration", d)));
    if !said.proxy_metadata.is_empty() {
        all.push(("proxyMetadata", texts(&said.proxy_metadata)));
    }
    if !said.tracing.is_empty() {
        all.push(("tracing", map(&said.tracing)));
    }
    let mut whole = Value::map(all);
    whole.overlay(map(&said.extra));
    (!whole.is_empty()).then_some(whole)
}

fn text<'a>(all: &mut Vec<(&'a str, Value)>, key: &'a str, said: Option<&impl ToString>) {
    all.extend(said.map(|s| (key, Value::text(s.to_string()))));
}

fn switch<'a>(all: &mut Vec<(&'a str, Value)>, key: &'a str, said: Option<bool>) {
    all.extend(said.map(|b| (key, Value::Bool(b))));
}

fn mode<'a>(all: &mut Vec<(&'a str, Value)>, key: &'a str, said: Option<&str>) {
    all.extend(said.map(|m| (key, Value::map([("mode", Value::text(m))]))));
}
