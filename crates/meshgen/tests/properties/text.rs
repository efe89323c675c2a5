//! Specs as text, in any order, and text that readers of YAML, shells and templates like to misread.

use proptest::prelude::*;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

/// A value of which each map is written in an order that the seed decides.
struct Shuffled<'v> {
    value: &'v Value,
    seed: Option<u64>,
}

impl Serialize for Shuffled<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inside = |value| Shuffled { value, seed: self.seed };
        match self.value {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                if let Some(seed) = self.seed {
                    entries.sort_by_key(|(key, _)| scramble(seed, key));
                }
                let mut out = serializer.serialize_map(Some(map.len()))?;
                for (key, value) in entries {
                    out.serialize_entry(key, &inside(value))?;
                }
                out.end()
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(inside)),
            other => other.serialize(serializer),
        }
    }
}

/// FNV-1a.
fn scramble(seed: u64, key: &str) -> u64 {
    key.bytes()
        .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}

pub(crate) fn of(spec: &Value, seed: Option<u64>) -> String {
    meshgen::yaml::to_string(&Shuffled { value: spec, seed }).unwrap()
}

/// Text that somebody misreads.
pub(crate) const HOSTILE: [&str; 40] = [
    "",
    " ",
    "no",
    "Y",
    "on",
    "~",
    "null",
    "1.20",
    "0755",
    "12:30",
    "1_000",
    "0x1F",
    "1e3",
    ".inf",
    "=",
    "<<",
    "2027-06-30",
    "- a",
    "? a",
    "a: b",
    "a #b",
    "#",
    "---",
    "...",
    "--- |\n  x",
    "{{ .Values.x }}",
    "$(HOME)",
    "$$(X) $$ $",
    "`id`",
    "\"quoted\" 'twice'",
    "back\\slash",
    "tab\there",
    "\tstarts with a tab\nand goes on",
    "  spaces first\n  twice",
    "line\r\nline",
    "ends in breaks\n\n",
    "nel\u{85}ls\u{2028}bom\u{feff}",
    "\u{1}\u{1b}[31m\u{7f}\u{9f}",
    "emoji 👩‍💻 \u{202e}",
    "*alias &anchor !tag %dir @at",
];

/// One of these, two glued together, or anything without a NUL, which no process can be given.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned);
    let any = any::<String>().prop_map(|s| s.replace('\0', ""));
    prop_oneof![
        3 => known.clone(),
        2 => (known, any.clone()).prop_map(|(a, b)| format!("{a}{b}")),
        1 => any,
        1 => "[\\x01-\\x7f\\n\\t {}$`'\"-]{0,200}",
    ]
}

/// Where text has rules; `KEY` is one more key beside those that are there.
pub(crate) const FIELDS: [&str; 33] = [
    "/meshgen",
    "/project",
    "/cluster/existing/networkPolicy",
    "/istio/existing/version",
    "/istio/existing/revision",
    "/istio/existing/trustDomain",
    "/security/mtls",
    "/security/deny/0",
    "/security/enforce/0",
    "/security/scrape/labels/app",
    "/namespaces/KEY",
    "/namespaces/shop/labels/owner",
    "/namespaces/shop/labels/KEY",
    "/workloads/KEY",
    "/workloads/shop~1web/image",
    "/workloads/shop~1web/ports/KEY",
    "/workloads/shop~1web/env/KEY",
    "/workloads/shop~1web/env/KEYED/secret",
    "/workloads/shop~1web/labels/team",
    "/workloads/shop~1web/health",
    "/workloads/shop~1web/resources/limits/memory",
    "/policies/KEY",
    "/policies/shop~1web/name",
    "/policies/shop~1web/allow/0/from/0",
    "/policies/shop~1web/allow/0/ports/0",
    "/policies/shop~1web/allow/0/paths/0",
    "/policies/shop~1web/allow/1/fromCidrs/0",
    "/external/stripe/hosts/0",
    "/expect/callers/claims/0/is",
    "/accept/0/at",
    "/accept/0/because",
    "/accept/0/until",
    "/layout/apps",
];

pub(crate) fn spec_with_every_field() -> Value {
    json!({
        "meshgen": "v1", "project": "shop", "cluster": { "existing": { "networkPolicy": "calico" } },
        "istio": { "existing": { "version": "1.31", "revision": "default", "trustDomain": "cluster.local" } },
        "security": {
            "mtls": "STRICT", "deny": ["ingress", "egress"], "enforce": ["NetworkPolicy", "AuthorizationPolicy"],
            "scrape": { "namespace": "shop", "labels": { "app": "prometheus" } },
        },
        "namespaces": { "shop": { "labels": { "owner": "us" } } },
        "workloads": { "shop/web": {
            "image": "web:1", "ports": { "http": 8080 }, "env": { "KEYED": { "secret": "name/key" } },
            "labels": { "team": "a" }, "health": "/ready", "resources": { "limits": { "memory": "64Mi" } },
        } },
        "policies": { "shop/web": { "name": "callers", "allow": [
            { "from": ["shop/web"], "ports": ["http"], "paths": ["/a"] }, { "fromCidrs": ["10.0.0.0/8"] },
        ] } },
        "external": { "stripe": { "hosts": ["api.stripe.com"], "ports": [443], "allow": [{ "from": ["shop/web"] }] } },
        "expect": { "callers": { "claims": [{ "from": ["shop/web"], "to": "shop/web", "is": "open" }] } },
        "accept": [{ "finding": "MG031", "at": "external/stripe", "because": "known", "until": "2027-06-30" }],
        "layout": { "apps": "apps" },
    })
}
