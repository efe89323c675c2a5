//! Clusters that a real Istio on one machine cannot be asked about, made of those that it can: without dates, without
//! addresses, without word of what is installed, with several pods behind a Service and several Services before a pod.

use serde_json::{Value, json};

/// Numbers that follow from a seed.
pub(crate) struct Pick(u64);

impl Pick {
    pub(crate) fn new(seed: u64) -> Pick {
        Pick(seed.wrapping_mul(2).wrapping_add(1))
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n.max(1)
    }

    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Changes a cluster in some of these ways.
pub(crate) fn stretched(mut all: Vec<Value>, seed: u64) -> Vec<Value> {
    let mut pick = Pick::new(seed);
    if pick.once_in(4) {
        all.retain(|o| o["kind"] != "IstioOperator");
    } else if pick.once_in(2) {
        all[0]["spec"] = settings(&mut pick);
    }
    let (undated, unknown) = (pick.once_in(4), pick.once_in(3));
    let mut more = Vec::new();
    for object in &mut all {
        if undated && pick.once_in(2) {
            object["metadata"].as_object_mut().unwrap().remove("creationTimestamp");
        }
        match object["kind"].as_str().unwrap() {
            "Pod" => {
                if unknown {
                    object.as_object_mut().unwrap().remove("status");
                }
                annotate(object, &mut pick);
                if pick.once_in(4) {
                    more.push(twin(object, &mut pick));
                }
            }
            "Namespace" if pick.once_in(4) => {
                let labels = object["metadata"]["labels"].as_object_mut().unwrap();
                if pick.once_in(2) {
                    labels.remove("istio-injection");
                }
                labels.insert("istio.io/dataplane-mode".to_owned(), "ambient".into());
            }
            "Service" if pick.once_in(3) => more.push(second(object, &mut pick)),
            _ => {}
        }
    }
    all.extend(more);
    all
}

fn settings(pick: &mut Pick) -> Value {
    let mut mesh = json!({});
    let choices = [
        ("outboundTrafficPolicy", json!({"mode": "REGISTRY_ONLY"})),
        ("enableAutoMtls", json!(false)),
        ("defaultConfig", json!({"proxyMetadata": {"ISTIO_META_ENABLE_HBONE": "true"}})),
        ("defaultServiceExportTo", json!(["."])),
        ("defaultDestinationRuleExportTo", json!(["."])),
        ("defaultVirtualServiceExportTo", json!(["."])),
        ("rootNamespace", json!("n0")),
        ("trustDomain", json!("td")),
        ("trustDomainAliases", json!(["cluster.local"])),
        ("pathNormalization", json!({"normalization": "MERGE_SLASHES"})),
        (
            "extensionProviders",
            json!([{"name": "nope", "envoyExtAuthzHttp": {"service": "w0.n0.svc.cluster.local", "port": 80}}]),
        ),
    ];
    for (key, value) in choices {
        if pick.once_in(4) {
            mesh[key] = value;
        }
    }
    let everywhere = pick.once_in(5);
    let tags: &[&str] = if pick.once_in(3) { &["canary"] } else { &[] };
    json!({"meshConfig": mesh, "values": {
        "revisionTags": tags,
        "sidecarInjectorWebhook": {"enableNamespacesByDefault": everywhere},
    }})
}

fn annotate(pod: &mut Value, pick: &mut Pick) {
    let choices = [
        ("traffic.sidecar.istio.io/excludeInboundPorts", "8080,9000"),
        ("traffic.sidecar.istio.io/includeInboundPorts", "8080"),
        ("traffic.sidecar.istio.io/includeInboundPorts", "*"),
        ("traffic.sidecar.istio.io/excludeOutboundPorts", "80,9000"),
        ("status.sidecar.istio.io/port", "8080"),
        ("traffic.sidecar.istio.io/includeOutboundIPRanges", ""),
        ("sidecar.istio.io/inject", "false"),
        ("ambient.istio.io/bypass-inbound-capture", "true"),
        ("inject.istio.io/templates", "grpc-agent"),
    ];
    for _ in 0..pick.below(3) {
        let (key, value) = *pick.of(&choices);
        if pod["metadata"]["annotations"].is_null() {
            pod["metadata"]["annotations"] = json!({});
        }
        pod["metadata"]["annotations"][key] = value.into();
    }
    if pick.once_in(12) {
        pod["spec"]["hostNetwork"] = true.into();
    }
    if pick.once_in(12) {
        pod["spec"]["securityContext"] = json!({"runAsUser": 1337});
        if pick.once_in(2) {
            let another = json!({"name": "d", "image": "x", "securityContext": {"runAsUser": 1000}});
            pod["spec"]["containers"].as_array_mut().unwrap().push(another);
        }
    }
}

/// Another pod behind the same Services, perhaps not in the mesh.
fn twin(pod: &Value, pick: &mut Pick) -> Value {
    let mut twin = pod.clone();
    twin["metadata"]["name"] = format!("{}-twin", pod["metadata"]["name"].as_str().unwrap()).into();
    twin["metadata"]["labels"]["sidecar.istio.io/inject"] = (*pick.of(&["true", "false"])).into();
    twin.as_object_mut().unwrap().remove("status");
    twin
}

/// Another Service before the same pods, which calls their ports something else.
fn second(service: &Value, pick: &mut Pick) -> Value {
    let mut second = service.clone();
    second["metadata"]["name"] = format!("{}-too", service["metadata"]["name"].as_str().unwrap()).into();
    for port in second["spec"]["ports"].as_array_mut().unwrap() {
        port["name"] =
            format!("{}-{}", pick.of(&["http", "tcp", "auto", "https", "mysql"]), port["port"]).into();
    }
    if pick.once_in(3) {
        second["metadata"]["creationTimestamp"] = "2020-01-01T00:00:00Z".into();
    }
    second
}
