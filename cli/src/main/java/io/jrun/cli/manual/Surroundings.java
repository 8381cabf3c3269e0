package io.jrun.cli.manual;

import java.util.Arrays;
import java.util.List;

/** The variables and files that commands consult, for their man pages. */
enum Surroundings {
    XDG_CACHE_HOME(
            Kind.VARIABLE,
            "XDG_CACHE_HOME",
            "Where the cache lies, as the directory jrun in it; $HOME/.cache by default.",
            "import load digest push cache start"),
    JRUN_DATA_PATH(
            Kind.VARIABLE,
            "JRUN_DATA_PATH",
            "Where containers lie, best on a disk of the node; by default $XDG_DATA_HOME/jrun, else"
                    + " $HOME/.local/share/jrun.",
            "create list inspect remove start load export exec env gc check bundle"),
    REGISTRY_AUTH_FILE(
            Kind.VARIABLE,
            "REGISTRY_AUTH_FILE",
            "The file with registries' credentials that is consulted before all others but --authfile.",
            "import load digest push login logout"),
    DOCKER_CONFIG(
            Kind.VARIABLE,
            "DOCKER_CONFIG",
            "The directory of Docker's config.json with credentials and credential helpers.",
            "import load digest push login logout"),
    SSL_CERT_FILE(
            Kind.VARIABLE,
            "SSL_CERT_FILE",
            "Certificates of authorities that registries are believed by, instead of the host's.",
            "import load digest push login"),
    PROXY(
            Kind.VARIABLE,
            "HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
            "The proxy on the way to a registry, and the hosts that need none; lower case works too.",
            "import load digest push login"),
    JAVA_HOME(
            Kind.VARIABLE,
            "JAVA_HOME",
            "The Java that runs the commands, where the installation has none of its own; else the one in PATH.",
            ""),
    BLOBS(
            Kind.FILE,
            "$XDG_CACHE_HOME/jrun/blobs/",
            "Layers and documents of images by their digest. Deleting it costs time.",
            "import load push cache"),
    CONTAINERS(
            Kind.FILE,
            "$JRUN_DATA_PATH/containers/NAME/",
            "A container: its root file system, its record and its compiled plans.",
            "create list inspect remove start load export exec gc"),
    AUTH_FILE(
            Kind.FILE,
            "$XDG_RUNTIME_DIR/containers/auth.json, $HOME/.config/containers/auth.json",
            "Credentials as Podman and Skopeo keep them.",
            "import load digest push login logout"),
    RECORD(
            Kind.FILE,
            "/.jrun/ in an image file",
            "Manifest and config of the image as they came, and what the image file was made from.",
            "import inspect create start export load push"),
    FAULT_REPORT(
            Kind.FILE, "$XDG_CACHE_HOME/jrun/crash-*.txt", "What to send along when a fault of jrun is reported.", "");

    enum Kind {
        VARIABLE,
        FILE
    }

    private final Kind kind;
    private final String title;
    private final String description;
    private final String commands;

    /** @param commands separated by spaces; empty for all */
    Surroundings(Kind kind, String title, String description, String commands) {
        this.kind = kind;
        this.title = title;
        this.description = description;
        this.commands = commands;
    }

    String title() {
        return title;
    }

    String description() {
        return description;
    }

    static List<Surroundings> of(Kind kind, String command) {
        return Arrays.stream(values())
                .filter(each -> each.kind == kind)
                .filter(each -> each.commands.isEmpty()
                        || List.of(each.commands.split(" ", -1)).contains(command))
                .toList();
    }
}
