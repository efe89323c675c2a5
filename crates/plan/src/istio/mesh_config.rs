//! Settings of the mesh, as Istio reads them.

use meshgen_bundle::Value;
use meshgen_spec::{DefaultConfig, DefaultProviders, Duration, MeshConfig, Name};

use crate::value::{map, texts, value};

/// What was said; nothing where nothing was.
pub(crate) fn mesh_config(said: &MeshConfig) -> Option<Value> {
    let mut all: Vec<(&str, Value)> = Vec::new();
    text(&mut all, "accessLogFile", said.access_log_file.as_ref());
    text(&mut all, "accessLogEncoding", said.access_log_encoding.map(|e| e.as_str()).as_ref());
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
        let provider = |(name, tree)| {
            let mut whole = Value::map([("name", Value::text(name_of(name)))]);
            whole.overlay(value(tree));
            whole
        };
        all.push((
            "extensionProviders",
            Value::List(said.extension_providers.iter().map(provider).collect()),
        ));
    }
    all.extend(default_providers(&said.default_providers).map(|v| ("defaultProviders", v)));
    all.extend(default_config(&said.default_config).map(|v| ("defaultConfig", v)));
    let mut whole = Value::map(all);
    whole.overlay(map(&said.extra));
    (!whole.is_empty()).then_some(whole)
}

fn name_of(name: &meshgen_yaml::At<Name>) -> String {
    name.to_string()
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
