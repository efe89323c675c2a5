//! Names of variables that are taken.
//!
//! `env.sh` exports what the spec names, into the user's own shell and into everything that the scripts start.
//! A name that means something to a shell, to the loader of programs or to one of the tools would change more
//! than the value that was meant; one that `lib.sh` uses would be overwritten.

/// Whether a variable of the user may have this name.
pub(crate) fn is_free(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let identifier = name.chars().all(legal) && !name.starts_with(|c: char| c.is_ascii_digit());
    let upper = name.to_ascii_uppercase();
    // Case does not help: zsh ties `path` to `PATH`, and curl reads `http_proxy`.
    !name.is_empty()
        && identifier
        && name != "_"
        && !TAKEN.contains(&upper.as_str())
        && !PREFIXES.iter().any(|p| upper.starts_with(p))
}

/// Families of names.
const PREFIXES: &[&str] = &[
    // Shells, the loader of programs, the locale.
    "BASH",
    "ZSH",
    "COMP_",
    "LC_",
    "LD_",
    "DYLD_",
    "MALLOC_",
    "GIT_",
    // Settings of the tools that the scripts call.
    "AZ_",
    "AZURE_",
    "HELMFILE_",
    "HELM_",
    "KUBECTL_",
    "DOCKER_",
    "PYTHON",
    "KIND_",
    // Settings of our own probes.
    "PROBE_",
];

/// Single names. The first rows are POSIX's and the shells', then programs', then those of `env.sh` and `lib.sh`.
const TAKEN: &[&str] = &[
    "PATH",
    "HOME",
    "IFS",
    "ENV",
    "PWD",
    "OLDPWD",
    "SHELL",
    "USER",
    "LOGNAME",
    "MAIL",
    "MAILPATH",
    "LANG",
    "LANGUAGE",
    "TERM",
    "TZ",
    "TMPDIR",
    "PS1",
    "PS2",
    "PS3",
    "PS4",
    "PPID",
    "UID",
    "EUID",
    "GID",
    "EGID",
    "GROUPS",
    "LINENO",
    "RANDOM",
    "SECONDS",
    "HOSTNAME",
    "HOSTTYPE",
    "MACHTYPE",
    "OSTYPE",
    "OPTARG",
    "OPTIND",
    "OPTERR",
    "SHELLOPTS",
    "SHLVL",
    "FUNCNAME",
    "DIRSTACK",
    "PIPESTATUS",
    "STATUS",
    "ARGV",
    "ARGV0",
    "OPTIONS",
    "SIGNALS",
    "HISTFILE",
    "PROMPT_COMMAND",
    "PROMPT",
    "CDPATH",
    "FPATH",
    "MANPATH",
    "MODULE_PATH",
    "NULLCMD",
    "READNULLCMD",
    "TMOUT",
    "COLUMNS",
    "LINES",
    "FCEDIT",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "FTP_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "CURL_HOME",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MAKEFILES",
    "KUBECONFIG",
    "KUBE_CONTEXT",
    "REGISTRY",
    "REGISTRY_NAME",
    "REGISTRY_PORT",
    "CLUSTER_NAME",
    "ISTIOCTL_ANY_VERSION",
    "TRAFFIC_ROUNDS",
    "METRICS_WAIT",
    "KUBE_TIMEOUT",
    "ROOT",
    "WORK",
    "TIMEOUT",
    "TESTS",
    "FAILED",
    "SEEN",
    "REASON",
    "DETAIL",
];
