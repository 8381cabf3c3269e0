package io.jrun.runtime.device;

import io.jrun.runtime.elf.ElfFile;
import io.jrun.runtime.elf.ElfWidth;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.RootedTree;
import io.jrun.runtime.loader.ImageLibraries;
import io.jrun.runtime.loader.InjectedLibrary;
import io.jrun.runtime.loader.LoaderCache;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of NVIDIA's driver, found by name, version and ELF header below the driver's root. */
final class NvidiaDriver {

    /** Where libraries lie inside: NVIDIA's own images have it in LD_LIBRARY_PATH, and nobody else uses it. */
    static final String LIBRARIES = "/usr/local/nvidia/lib64";

    static final String LIBRARIES_32 = "/usr/local/nvidia/lib";

    private static final List<String> DIRECTORIES = List.of(
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/usr/lib64",
            "/lib64",
            "/usr/lib/x86_64-linux-gnu/nvidia/current",
            "/usr/lib/aarch64-linux-gnu/nvidia/current",
            "/usr/lib64/nvidia",
            "/usr/lib/nvidia",
            "/usr/local/nvidia/lib64",
            "/usr/local/nvidia/lib",
            "/run/opengl-driver/lib",
            "/usr/lib/i386-linux-gnu",
            "/usr/lib/i386-linux-gnu/nvidia/current",
            "/usr/lib32",
            "/usr/lib");

    private static final Pattern CUDA = Pattern.compile("libcuda\\.so\\.([0-9]{3,4}\\.[0-9]{1,3}(\\.[0-9]{1,3})?)");
    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_.+-]{1,200}");

    private final RootedTree host;
    private final Set<String> directories = new LinkedHashSet<>();

    NvidiaDriver(RootedTree host) {
        this.host = host;
        addDirectoriesOfCache();
        DIRECTORIES.stream().filter(host::isDirectory).forEach(directories::add);
    }

    /** A driver may lie where only the loader's cache knows. */
    private void addDirectoriesOfCache() {
        Optional<byte[]> content = host.readIfAllowed(ImageLibraries.CACHE, LoaderCache.MAX_BYTES);
        if (content.isPresent()) {
            try {
                LoaderCache.parse(content.get(), ImageLibraries.CACHE).entries().stream()
                        .filter(entry -> entry.soname().startsWith("libcuda.so")
                                || entry.soname().startsWith("libnvidia-ml.so"))
                        .map(entry -> entry.path()
                                .substring(0, Math.max(0, entry.path().lastIndexOf('/'))))
                        .filter(directory -> directory.startsWith("/"))
                        .forEach(directories::add);
            } catch (io.jrun.error.CorruptDataException damaged) {
                // The standard directories remain.
                directories.remove("");
            }
        }
    }

    /** By the highest libcuda, where no kernel module tells. */
    Optional<String> versionOfLibraries() {
        Set<String> versions = new LinkedHashSet<>();
        for (String directory : directories) {
            for (String name : host.list(directory)) {
                Matcher match = CUDA.matcher(name);
                if (match.matches()) {
                    versions.add(match.group(1));
                }
            }
        }
        return versions.stream().max(DriverVersion.ORDER);
    }

    /** How many libraries were added. */
    int addLibraries(DeviceSet.Builder set, String version, Set<Capability> wanted) {
        Set<String> seen = new LinkedHashSet<>();
        for (String directory : directories) {
            for (String place : List.of(directory, directory + "/vdpau", directory + "/tls")) {
                for (String name : host.list(place)) {
                    Set<Capability> purposes = DriverFiles.purposes(name, version);
                    if (!Collections.disjoint(purposes, wanted)) {
                        addLibrary(set, place + "/" + name, name, purposes, wanted, seen);
                    }
                }
            }
        }
        return seen.size();
    }

    private void addLibrary(
            DeviceSet.Builder set,
            String file,
            String name,
            Set<Capability> purposes,
            Set<Capability> wanted,
            Set<String> seen) {
        // Links of another name lead to a file that is listed itself.
        Optional<String> real = host.resolve(file);
        if (real.isEmpty() || !real.get().endsWith("/" + name) || host.kind(file) != FileKind.REGULAR) {
            return;
        }
        Optional<ElfFile> elf = ImageLibraries.readLibrary(host, file);
        if (elf.isEmpty()) {
            set.warning(host.onHost(file) + " is left out: it cannot be read as a library");
            return;
        }
        boolean narrow = elf.get().width() == ElfWidth.BITS_32;
        String target = (narrow ? LIBRARIES_32 : LIBRARIES) + "/" + name;
        if ((narrow && !wanted.contains(Capability.COMPAT32)) || !seen.add(target)) {
            return;
        }
        String reason = "driver library for "
                + purposes.stream()
                        .filter(wanted::contains)
                        .map(Capability::label)
                        .sorted()
                        .reduce((left, right) -> left + ", " + right)
                        .orElse("");
        set.add(FileBind.file(host.onHost(real.get()), target, reason));
        InjectedLibrary library = new InjectedLibrary(host.onHost(real.get()), target, elf.get());
        set.add(library);
        link(set, target, library.soname());
        int so = name.indexOf(".so.");
        if (name.startsWith("libcuda.so.") || name.startsWith("libnvidia-opticalflow.so.")) {
            link(set, target, name.substring(0, so + 3));
        }
        if (name.startsWith("libGLX_nvidia.so.")) {
            link(set, target, "libGLX_indirect.so.0");
        }
        if (name.startsWith("libnvidia-allocator.so.")) {
            String directory = target.substring(0, target.lastIndexOf('/'));
            set.add(new DeviceLink(directory + "/gbm/nvidia-drm_gbm.so", "../" + name, "GBM back end of the driver"));
        }
    }

    private static void link(DeviceSet.Builder set, String target, String alias) {
        int slash = target.lastIndexOf('/');
        String name = target.substring(slash + 1);
        if (!alias.equals(name) && PLAIN_NAME.matcher(alias).matches()) {
            set.add(new DeviceLink(target.substring(0, slash + 1) + alias, name, "soname of " + name));
        }
    }

    /** Programs, firmware, sockets and data. */
    void addFiles(DeviceSet.Builder set, String version, Set<Capability> wanted, Optional<String> mpsDirectory) {
        DriverFiles.PROGRAMS.forEach((capability, programs) -> {
            if (wanted.contains(capability)) {
                programs.forEach(program -> addProgram(set, program, capability));
            }
        });
        addFirmware(set, version);
        if (wanted.contains(Capability.UTILITY)) {
            addIfThere(set, "/run/nvidia-persistenced/socket", "socket of nvidia-persistenced");
            addIfThere(set, "/run/nvidia-fabricmanager/socket", "socket of the fabric manager");
        }
        if (wanted.contains(Capability.COMPUTE)) {
            addIfThere(
                    set, mpsDirectory.filter(path -> path.startsWith("/")).orElse("/tmp/nvidia-mps"), "pipes of MPS");
            addIfThere(set, "/etc/OpenCL/vendors/nvidia.icd", "OpenCL driver");
        }
        if (wanted.contains(Capability.GRAPHICS) || wanted.contains(Capability.DISPLAY)) {
            for (String data : DriverFiles.GRAPHICS_DATA) {
                addIfThere(set, "/etc/" + data, "graphics data");
                addIfThere(set, "/usr/share/" + data, "graphics data");
                addAt(set, DriverFiles.ONE_DIRECTORY + "/share/" + data, "/usr/share/" + data, "graphics data");
            }
            addXorg(set, version);
        }
    }

    private void addProgram(DeviceSet.Builder set, String program, Capability capability) {
        DriverFiles.PROGRAM_DIRECTORIES.stream()
                .map(directory -> directory + "/" + program)
                .filter(path -> host.kind(path) == FileKind.REGULAR)
                .findFirst()
                .ifPresent(path -> set.add(FileBind.file(
                        host.onHost(path), "/usr/bin/" + program, "driver program for " + capability.label())));
    }

    private void addFirmware(DeviceSet.Builder set, String version) {
        String target = "/lib/firmware/nvidia/" + version;
        for (String directory : List.of(target, DriverFiles.ONE_DIRECTORY + "/firmware/nvidia/" + version)) {
            for (String name : host.list(directory)) {
                if (name.matches("gsp[A-Za-z0-9_]*\\.bin")) {
                    addAt(set, directory + "/" + name, target + "/" + name, "firmware of the GPU's system processor");
                }
            }
        }
    }

    private void addXorg(DeviceSet.Builder set, String version) {
        for (String directory : DriverFiles.XORG_DIRECTORIES) {
            addIfThere(set, directory + "/drivers/nvidia_drv.so", "driver of the X server");
            addIfThere(set, directory + "/extensions/libglxserver_nvidia.so." + version, "GLX of the X server");
        }
    }

    /** What GPUDirect Storage reads: its settings, and which disks there are. */
    void addStorageFiles(DeviceSet.Builder set) {
        addIfThere(set, "/etc/cufile.json", "settings of GPUDirect Storage");
        addIfThere(set, "/run/udev", "disks, for GPUDirect Storage");
    }

    private void addIfThere(DeviceSet.Builder set, String path, String reason) {
        addAt(set, path, path, reason);
    }

    private void addAt(DeviceSet.Builder set, String path, String target, String reason) {
        FileKind kind = host.kind(path);
        if (kind == FileKind.DIRECTORY) {
            set.add(FileBind.directory(host.onHost(path), target, reason));
        } else if (kind.isPresent()) {
            set.add(FileBind.file(host.onHost(path), target, reason));
        }
    }
}
