package io.jrun.image.convert;

import io.jrun.image.model.ImageConfig;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What enroot and pyxis read in a root filesystem: {@code /etc/rc} starts the image's command in its working directory,
 * {@code /etc/environment} holds its variables, {@code /etc/fstab} its volumes. That directory and the volumes are made
 * where they are missing, because the file system is read-only when the command starts. Source: enroot's documentation,
 * "Image format" and "Standard configuration".
 */
record EnrootFiles(ImageConfig config, long modificationSeconds) {

    private static final EntryName ETC = EntryName.of("etc");

    /** PATH_MAX of Linux: no process could enter a deeper directory by its name. */
    private static final int MAX_PATH_BYTES = 4096;

    /** The tree with the three files in it, in place of any that it has. */
    Rootfs addTo(Rootfs rootfs, ContentStore contents) throws IOException {
        List<String> losses = new ArrayList<>(rootfs.losses());
        FileNode.Directory root = rootfs.tree().root();
        Optional<FileNode> found = root.child("etc");
        if (found.isPresent() && !(found.get() instanceof FileNode.Directory)) {
            losses.add("1 set of files for enroot was left out, because /etc is no directory");
            return rootfs.withLosses(losses);
        }
        FileNode.Directory etc =
                (FileNode.Directory) found.orElseGet(() -> new FileNode.Directory(metadata(0755), Map.of()));
        Map<EntryName, FileNode> files = new LinkedHashMap<>(etc.children());
        files.put(EntryName.of("rc"), file(0755, rc(), contents));
        files.put(EntryName.of("environment"), file(0644, environment(losses), contents));
        files.put(EntryName.of("fstab"), file(0644, fstab(), contents));
        Map<EntryName, FileNode> children = new LinkedHashMap<>(root.children());
        children.put(ETC, new FileNode.Directory(etc.metadata(), files));
        FileNode.Directory complete = withDirectories(new FileNode.Directory(root.metadata(), children), losses);
        return rootfs.withLosses(losses).withTree(new FileTree(complete));
    }

    /** The tree with the working directory and the volumes, as far as no symbolic link or file lies in their paths. */
    private FileNode.Directory withDirectories(FileNode.Directory tree, List<String> losses) {
        FileNode.Directory root = tree;
        int left = 0;
        for (String path : directories()) {
            FileNode.Directory before = root;
            Optional<FileNode.Directory> changed =
                    names(path).flatMap(names -> TreeEdits.withDirectory(before, names, metadata(0755)));
            left += changed.isEmpty() ? 1 : 0;
            root = changed.orElse(before);
        }
        if (left > 0) {
            losses.add(left + " directories were not made for enroot, because a link or a file lies in their paths");
        }
        return root;
    }

    private List<String> directories() {
        List<String> all = new ArrayList<>(config.volumes());
        config.workingDir().ifPresent(all::add);
        return all;
    }

    /** Empty when no directory can be called so. */
    private static Optional<List<EntryName>> names(String path) {
        byte[] whole = path.getBytes(StandardCharsets.UTF_8);
        List<EntryName> names = new ArrayList<>();
        for (String name : whole.length > MAX_PATH_BYTES ? new String[] {".."} : path.split("/", -1)) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            if (EntryName.isValid(bytes, 0, bytes.length)) {
                names.add(EntryName.of(bytes));
            } else if (!name.isEmpty() && !name.equals(".")) {
                return Optional.empty();
            }
        }
        return Optional.of(names);
    }

    private FileNode file(int permissions, String text, ContentStore contents) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new FileNode.RegularFile(
                metadata(permissions), contents.store(new ByteArrayInputStream(bytes), bytes.length));
    }

    private Metadata metadata(int permissions) {
        return new Metadata(permissions, 0, 0, modificationSeconds, 0, Xattrs.NONE);
    }

    /** A shell script that enroot runs with the user's arguments. */
    String rc() {
        StringBuilder script = new StringBuilder("""
                # Starts what the image's config names. Written by jrun import --compat enroot.
                """);
        config.workingDir()
                .ifPresent(directory ->
                        script.append("""
                mkdir -p %1$s 2> /dev/null
                cd %1$s || exit 1
                unset OLDPWD
                """.formatted(quoted(directory.startsWith("/") ? directory : "/" + directory))));
        script.append(
                """

                if [ -s /etc/rc.local ]; then
                    . /etc/rc.local
                fi

                if [ "$#" -gt 0 ]; then
                    exec %s"$@"
                fi
                exec %s
                """.formatted(config.entrypoint().isEmpty() ? "" : words(config.entrypoint()) + " ", words(command())));
        return script.toString();
    }

    private List<String> command() {
        List<String> all = new ArrayList<>(config.entrypoint());
        all.addAll(config.cmd());
        return all.isEmpty() ? List.of("/bin/sh") : all;
    }

    private static String words(List<String> words) {
        return words.stream().map(EnrootFiles::quoted).collect(Collectors.joining(" "));
    }

    /** For a POSIX shell: nothing has a meaning within single quotes. */
    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }

    /** One variable a line; a value of several lines has no form there. */
    private String environment(List<String> losses) {
        StringBuilder lines = new StringBuilder();
        int dropped = 0;
        for (String setting : config.env()) {
            if (setting.indexOf('\n') >= 0 || setting.indexOf('=') < 1) {
                dropped++;
            } else {
                lines.append(setting).append('\n');
            }
        }
        if (dropped > 0) {
            losses.add(dropped + " variables were left out of /etc/environment, which has no form for their values");
        }
        return lines.toString();
    }

    /** Volumes are the image's own directories, mounted over themselves so that they may be written to. */
    private String fstab() {
        StringBuilder lines = new StringBuilder();
        for (String volume : config.volumes()) {
            String path = fstabField(volume.startsWith("/") ? volume : "/" + volume);
            lines.append("${ENROOT_ROOTFS}")
                    .append(path)
                    .append(' ')
                    .append(path)
                    .append(" none bind,rw,nosuid,nodev,nofail,silent\n");
        }
        return lines.toString();
    }

    /** Source: fstab(5), "\040" for a space. */
    private static String fstabField(String text) {
        return text.replace("\\", "\\134")
                .replace(" ", "\\040")
                .replace("\t", "\\011")
                .replace("\n", "\\012");
    }
}
