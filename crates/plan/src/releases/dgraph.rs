//! The values of Dgraph's chart.
//!
//! Source: `dgraph-io/charts`, `charts/dgraph/values.yaml` and templates, 24.1.4.

use std::collections::BTreeMap;

use meshgen_bundle::{EnvPiece, Only, Piece, Template, Value};
use meshgen_spec::{
    AclSecret, Dgraph, DgraphImage, DgraphService, DgraphToken, LabelKey, LabelValue, Persistence, Resources,
    SecretKey, Whitelist,
};
use meshgen_yaml::At;

use crate::value::{map, resources, texts, variable_piece};

/// The variable that holds the token in the pods of alpha.
const TOKEN: &str = "DGRAPH_ADMIN_TOKEN";
/// Where the chart mounts the secret of ACL.
const ACL_FILE: &str = "/dgraph/acl/hmac_secret_file";

pub(super) fn values(dgraph: &Dgraph) -> Value {
    let mut values = Value::map::<&str>([]);
    image(&mut values, &dgraph.image);
    for (part, replicas, persistence, resources, labels, service) in [
        (
            "alpha",
            &dgraph.alpha.replicas,
            &dgraph.alpha.persistence,
            &dgraph.alpha.resources,
            &dgraph.alpha.pod_labels,
            &dgraph.alpha.service,
        ),
        (
            "zero",
            &dgraph.zero.replicas,
            &dgraph.zero.persistence,
            &dgraph.zero.resources,
            &dgraph.zero.pod_labels,
            &dgraph.zero.service,
        ),
    ] {
        let part =
            common(replicas.as_ref(), persistence, resources, &dgraph.pod_labels(labels), service, part);
        values.overlay(part);
    }
    if let Some(replicas) = &dgraph.zero.shard_replicas {
        values.set(&["zero", "shardReplicaCount"], Value::Int(replicas.value.into()));
    }
    if let Some(ratel) = &dgraph.ratel {
        values.set(&["ratel", "enabled"], Value::Bool(true));
        let part = common(
            ratel.replicas.as_ref(),
            &Persistence::default(),
            &ratel.resources,
            &BTreeMap::new(),
            &ratel.service,
            "ratel",
        );
        values.overlay(part);
    }
    security(&mut values, dgraph);
    config(&mut values, dgraph);
    values
}

fn image(values: &mut Value, image: &DgraphImage) {
    let parts = [
        ("registry", image.registry.as_ref().map(ToString::to_string)),
        ("repository", image.repository.as_ref().map(ToString::to_string)),
        ("tag", image.tag.as_ref().map(ToString::to_string)),
    ];
    for (key, text) in parts {
        if let Some(text) = text {
            values.set(&["image", key], Value::Text(text));
        }
    }
}

fn common(
    replicas: Option<&At<u16>>,
    persistence: &Persistence,
    needs: &Resources,
    labels: &BTreeMap<LabelKey, LabelValue>,
    service: &DgraphService,
    part: &str,
) -> Value {
    let mut all = Value::map::<&str>([]);
    if let Some(replicas) = replicas {
        all.set(&[part, "replicaCount"], Value::Int(replicas.value.into()));
    }
    if let Some(enabled) = persistence.enabled {
        all.set(&[part, "persistence", "enabled"], Value::Bool(enabled));
    }
    if let Some(size) = &persistence.size {
        all.set(&[part, "persistence", "size"], Value::text(size.to_string()));
    }
    if let Some(class) = &persistence.storage_class {
        all.set(&[part, "persistence", "storageClass"], Value::text(class.to_string()));
    }
    if let Some(needs) = resources(needs) {
        all.set(&[part, "resources"], needs);
    }
    if !labels.is_empty() {
        all.set(&[part, "podLabels"], texts(labels));
    }
    all.overlay(self::service(service, part));
    all
}

fn service(service: &DgraphService, part: &str) -> Value {
    let mut all = Value::map::<&str>([]);
    if let Some(kind) = service.kind {
        all.set(&[part, "service", "type"], Value::text(kind.as_str()));
    }
    for (key, said) in [("annotations", texts(&service.annotations)), ("labels", texts(&service.labels))] {
        if !said.is_empty() {
            all.set(&[part, "service", key], said);
        }
    }
    if let Some(policy) = service.external_traffic_policy {
        // The templates read it beside `service`, not in it.
        all.set(&[part, "externalTrafficPolicy"], Value::text(policy.as_str()));
    }
    if !service.load_balancer_source_ranges.is_empty() {
        let ranges = service.load_balancer_source_ranges.iter().map(|r| Value::text(r.to_string()));
        all.set(&[part, "service", "loadBalancerSourceRanges"], Value::List(ranges.collect()));
    }
    all
}

/// Who may administrate. A variable of the environment wins over the configuration file, and holds all of
/// `--security`; so with a token, which must not stand in a file, the whitelist is there as well.
///
/// Source: Dgraph, <https://docs.dgraph.io/cli/config>, order of precedence.
fn security(values: &mut Value, dgraph: &Dgraph) {
    let mut envs = Vec::new();
    if let Some(DgraphToken::Secret(SecretKey { name, key })) = &dgraph.token {
        let reference =
            Value::map([("name", Value::text(name.to_string())), ("key", Value::text(key.clone()))]);
        envs.push(Value::map([
            ("name", Value::text(TOKEN)),
            ("valueFrom", Value::map([("secretKeyRef", reference)])),
        ]));
        // Kubernetes puts the variable above into this one.
        let mut pieces = vec![Piece::Text(format!("token=$({TOKEN});"))];
        if let Some(whitelist) = &dgraph.whitelist {
            pieces.push(Piece::Text(" whitelist=".to_owned()));
            pieces.push(self::whitelist(&whitelist.value, false));
            pieces.push(Piece::Text(";".to_owned()));
        }
        envs.push(Value::map([("name", Value::text("DGRAPH_ALPHA_SECURITY")), ("value", join(pieces))]));
    }
    if !envs.is_empty() {
        values.set(&["alpha", "extraEnvs"], Value::List(envs));
    }
    if let Some(acl) = &dgraph.acl {
        let AclSecret::FromEnv(variable) = &acl.secret;
        let piece = Piece::Env(variable_piece(variable, Only::Anything));
        values.set(&["alpha", "acl", "enabled"], Value::Bool(true));
        let secret = Value::Template(Template { pieces: vec![piece], base64: true });
        values.set(&["alpha", "acl", "file", "hmac_secret_file"], secret);
    }
}

/// The configuration files: YAML inside of YAML.
fn config(values: &mut Value, dgraph: &Dgraph) {
    let mut alpha = map(&dgraph.alpha.config);
    if let Some(acl) = &dgraph.acl {
        alpha.set(&["acl", "secret-file"], Value::text(ACL_FILE));
        if let Some(ttl) = &acl.access_ttl {
            alpha.set(&["acl", "access-ttl"], Value::text(ttl.to_string()));
        }
    }
    let whitelist = dgraph.whitelist.as_ref().filter(|_| dgraph.token.is_none());
    let mut pieces = Vec::new();
    match whitelist.map(|w| &w.value) {
        Some(Whitelist::Entries(_)) => {
            if let Some(Piece::Text(text)) = whitelist.map(|w| self::whitelist(&w.value, false)) {
                alpha.set(&["security", "whitelist"], Value::Text(text));
            }
        }
        Some(from_env @ Whitelist::FromEnv(_)) => {
            pieces.push(Piece::Text("security:\n  whitelist: ".to_owned()));
            pieces.push(self::whitelist(from_env, true));
            pieces.push(Piece::Text("\n".to_owned()));
        }
        None => {}
    }
    if !alpha.is_empty() {
        // A map of strings and numbers can always be written.
        pieces.insert(0, Piece::Text(meshgen_yaml::to_string(&alpha).unwrap_or_default()));
    }
    if !pieces.is_empty() {
        values.set(&["alpha", "configFile", "config.yaml"], join(pieces));
    }
    let zero = map(&dgraph.zero.config);
    if !zero.is_empty() {
        let text = meshgen_yaml::to_string(&zero).unwrap_or_default();
        values.set(&["zero", "configFile", "config.yaml"], Value::Text(text));
    }
}

fn whitelist(whitelist: &Whitelist, quoted: bool) -> Piece {
    match whitelist {
        Whitelist::Entries(entries) => {
            Piece::Text(entries.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        }
        Whitelist::FromEnv(variable) => {
            // A `;` would begin another flag of `--security`.
            Piece::Env(EnvPiece { quoted, ..variable_piece(variable, Only::Addresses) })
        }
    }
}

/// Plain text where all of it is known.
fn join(pieces: Vec<Piece>) -> Value {
    let known: Option<String> = pieces
        .iter()
        .map(|p| match p {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Env(_) => None,
        })
        .collect();
    known.map_or(Value::Template(Template { pieces, base64: false }), Value::Text)
}
