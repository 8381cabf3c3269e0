package io.jrun.runtime.mpi;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.runtime.elf.ElfFile;
import io.jrun.runtime.host.RootedTree;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tells the MPI of an image by its libraries: names and needs as the dynamic linker reads them, versions by the texts in
 * them. Programs with an MPI linked in statically are not seen.
 */
public final class ImageMpiReader {

    private static final Pattern MPI = Pattern.compile("libmpi(ch|_cray|_gnu_[0-9]+|_intel|_nvidia)?\\.so\\.[0-9]+");
    private static final Pattern OPEN_PAL = Pattern.compile("libopen-pal\\.so\\.[0-9]+");
    private static final Pattern PMIX = Pattern.compile("libpmix\\.so\\.[0-9]+");
    private static final Pattern UCP = Pattern.compile("libucp\\.so\\.[0-9]+");
    private static final Pattern UCT_IB = Pattern.compile("libuct_ib(_mlx5)?\\.so\\.[0-9]+");
    private static final Pattern FABRIC = Pattern.compile("libfabric\\.so\\.[0-9]+");

    private static final Pattern INTEL_TEXT = Pattern.compile("Intel\\(R\\) MPI Library ([0-9][0-9.]*)");
    private static final Pattern CRAY_TEXT = Pattern.compile("CRAY MPICH version ([0-9][0-9.]*)");
    private static final Pattern MVAPICH_TEXT =
            Pattern.compile("MVAPICH2?(?:[ -][Vv]ersion *:?)?[ -]([0-9]+\\.[0-9.]+[a-z0-9]*)");
    /** Alone in its text. MPICH counts from 3, its companions (libfabric, UCX, hwloc) below that. */
    private static final Pattern MPICH_TEXT = Pattern.compile("^([3-9]\\.[0-9]+(?:\\.[0-9]+)*(?:(?:a|b|rc)[0-9]+)?)$");

    private static final Pattern PLAIN_TEXT = Pattern.compile("^v?([0-9]+\\.[0-9]+\\.[0-9]+(?:(?:a|b|rc)[0-9]+)?)$");
    private static final Pattern PMIX_TEXT = Pattern.compile("PMIx ([0-9]+\\.[0-9]+\\.[0-9]+[a-z0-9]*)");
    private static final Pattern UCX_TEXT = Pattern.compile("(?<![0-9.])(1\\.[0-9]{1,2}\\.[0-9]{1,2})$");

    /** Settings of the provider for Slingshot. */
    private static final String CXI_TEXT = "FI_CXI_";

    private final LibraryPlaces places;
    private final Set<String> needed = new LinkedHashSet<>();

    private ImageMpiReader(LibraryPlaces places) {
        this.places = places;
    }

    /** @throws CorruptDataException when a library of an MPI is damaged */
    public static ImageMpi read(RootedTree image) throws IOException {
        return new ImageMpiReader(new LibraryPlaces(image)).read();
    }

    /** The PMIx of a host or an image, wherever it lies. */
    static Optional<MpiLibrary> pmix(LibraryPlaces places) throws IOException {
        Optional<String> path = places.first(PMIX);
        return path.isPresent() ? Optional.of(places.library(path.get(), PMIX_TEXT, PLAIN_TEXT)) : Optional.empty();
    }

    private record Found(MpiFlavour flavour, MpiLibrary library) {}

    private ImageMpi read() throws IOException {
        List<Found> all = new ArrayList<>();
        for (String path : places.named(MPI)) {
            ElfFile file = requireElf(path);
            needed.addAll(file.needed());
            all.add(found(path, file));
        }
        Optional<ImageMpi.Mpi> mpi = all.isEmpty()
                ? Optional.empty()
                : Optional.of(new ImageMpi.Mpi(
                        all.get(0).flavour(),
                        all.get(0).library(),
                        all.stream().skip(1).map(Found::library).toList()));
        Optional<MpiLibrary> ucx = library(UCP, UCX_TEXT);
        Optional<MpiLibrary> fabric = library(FABRIC, PLAIN_TEXT);
        boolean needsPmi2 = needed.stream().anyMatch(name -> name.startsWith("libpmi2.so"));
        return new ImageMpi(mpi, usedPmix(mpi), needsPmi2, ucx, fabric, transports(ucx, fabric));
    }

    private ElfFile requireElf(String path) throws IOException {
        return places.elf(path)
                .orElseThrow(() ->
                        new CorruptDataException(Failure.of("read the library " + path, "it is no ELF file (ENOEXEC)")
                                .hint("build or import the image again")));
    }

    private Found found(String path, ElfFile file) throws IOException {
        if (file.needed().stream().anyMatch(name -> name.startsWith("libopen-"))) {
            String core = places.first(OPEN_PAL).orElse(path);
            return new Found(
                    MpiFlavour.OPEN_MPI,
                    new MpiLibrary(path, places.library(core, PLAIN_TEXT).version()));
        }
        List<MpiFlavour> flavours =
                List.of(MpiFlavour.CRAY_MPICH, MpiFlavour.INTEL_MPI, MpiFlavour.MVAPICH, MpiFlavour.MPICH);
        List<Optional<String>> versions =
                places.versions(path, List.of(CRAY_TEXT, INTEL_TEXT, MVAPICH_TEXT, MPICH_TEXT));
        for (int i = 0; i < flavours.size(); i++) {
            if (versions.get(i).isPresent()) {
                return new Found(flavours.get(i), new MpiLibrary(path, versions.get(i)));
            }
        }
        MpiFlavour flavour = path.contains("libmpi_cray") ? MpiFlavour.CRAY_MPICH : MpiFlavour.MPICH;
        return new Found(flavour, new MpiLibrary(path, Optional.empty()));
    }

    private Optional<MpiLibrary> library(Pattern name, Pattern text) throws IOException {
        Optional<String> path = places.first(name);
        return path.isPresent() ? Optional.of(places.library(path.get(), text)) : Optional.empty();
    }

    /** Open MPI loads its client by a component, the others link to it. */
    private Optional<MpiLibrary> usedPmix(Optional<ImageMpi.Mpi> mpi) throws IOException {
        boolean used = mpi.isPresent()
                && (mpi.get().flavour() == MpiFlavour.OPEN_MPI
                        || needed.stream().anyMatch(name -> name.startsWith("libpmix.so")));
        return used ? pmix(places) : Optional.empty();
    }

    private List<String> transports(Optional<MpiLibrary> ucx, Optional<MpiLibrary> fabric) throws IOException {
        List<String> transports = new ArrayList<>();
        if (ucx.isPresent() && places.first(UCT_IB).isPresent()) {
            transports.add("ib");
        }
        if (fabric.isPresent() && places.holds(fabric.get().path(), CXI_TEXT)) {
            transports.add("cxi");
        }
        return transports;
    }
}
