package io.jrun.runtime.device;

import io.jrun.runtime.host.RootedTree;
import io.jrun.runtime.loader.ImageLibraries;
import io.jrun.runtime.loader.InjectedLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * CUDA's forward compatibility: an image may bring a newer libcuda, which runs on the older kernel module of a data
 * centre's driver. Source: CUDA Compatibility, "Forward Compatibility".
 *
 * @param libraries to be found before the host's
 */
public record CudaCompatibility(String directory, String version, List<InjectedLibrary> libraries) {

    private static final Pattern CUDA = Pattern.compile("libcuda\\.so\\.([0-9]{3,4}(?:\\.[0-9]{1,3}){1,2})");

    public CudaCompatibility {
        libraries = List.copyOf(libraries);
    }

    /** What the image brings, whether or not it is of use; of several the newest. */
    public static Optional<CudaCompatibility> of(RootedTree image) {
        List<String> places = new ArrayList<>(List.of("/usr/local/cuda/compat"));
        image.list("/usr/local").stream()
                .filter(name -> name.startsWith("cuda-"))
                .forEach(name -> places.add("/usr/local/" + name + "/compat"));
        return places.stream()
                .map(place -> read(image, place))
                .flatMap(Optional::stream)
                .reduce((best, each) -> DriverVersion.compare(each.version(), best.version()) > 0 ? each : best);
    }

    private static Optional<CudaCompatibility> read(RootedTree image, String directory) {
        Optional<String> version = image.list(directory).stream()
                .map(CUDA::matcher)
                .filter(Matcher::matches)
                .map(match -> match.group(1))
                .max(DriverVersion.ORDER);
        List<InjectedLibrary> libraries = new ArrayList<>();
        for (String name : image.list(directory)) {
            if (version.isPresent() && name.endsWith(".so." + version.get())) {
                String path = directory + "/" + name;
                ImageLibraries.readLibrary(image, path)
                        .ifPresent(file -> libraries.add(new InjectedLibrary(path, path, file)));
            }
        }
        return libraries.isEmpty()
                ? Optional.empty()
                : Optional.of(new CudaCompatibility(directory, version.get(), libraries));
    }

    /** Why it is not used with a driver and a GPU; empty where it is. */
    public Optional<String> refusal(String driver, String model) {
        if (DriverVersion.major(version) <= DriverVersion.major(driver)) {
            return Optional.of("the host's driver " + driver + " is not older");
        } else if (model.contains("GeForce") || model.contains("TITAN")) {
            return Optional.of("NVIDIA supports it on data centre GPUs only, and this is " + model);
        }
        return Optional.empty();
    }
}
