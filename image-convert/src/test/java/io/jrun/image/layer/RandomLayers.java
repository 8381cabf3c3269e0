package io.jrun.image.layer;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Stacks of layers that use few names, so that their entries meet; the same for the same seed. */
final class RandomLayers {

    private static final String[] NAMES = {"a", "b", "c", "d", "\351"};

    enum Entries {
        /** Whatever the format allows, short of a refusal. */
        ALL,
        /** Only what umoci extracts: nothing below a file, no empty attribute. */
        UMOCI
    }

    private final Random random;
    private final Entries entries;
    private final ReferenceExtraction reference = new ReferenceExtraction();

    RandomLayers(long seed, Entries entries) {
        this.random = new Random(seed);
        this.entries = entries;
    }

    /** From the lowest up; {@link #reference} is then what they make. */
    List<List<TarItem>> stack() {
        List<List<TarItem>> layers = new ArrayList<>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            reference.startLayer();
            List<TarItem> layer = new ArrayList<>();
            int size = random.nextInt(14);
            for (int j = 0; j < size; j++) {
                TarItem item = item();
                if (isAccepted(item)) {
                    layer.add(item);
                }
            }
            layers.add(layer);
        }
        return layers;
    }

    ReferenceExtraction reference() {
        return reference;
    }

    private boolean isAccepted(TarItem item) {
        try {
            if (entries == Entries.UMOCI && reference.hasFileAbove(item)) {
                return false;
            }
            reference.apply(item);
            return true;
        } catch (ReferenceExtraction.Refused refused) {
            return false;
        }
    }

    private TarItem item() {
        TarItem item = bareItem()
                .mode(random.nextInt(010000))
                .owner(random.nextInt(3), random.nextInt(3))
                .time(random.nextInt(1_000_000_000), random.nextInt(3) == 0 ? random.nextInt(1_000_000_000) : 0);
        boolean takesXattrs = item.type() == '0' || item.type() == '5'; // the kernel refuses user.* elsewhere
        return takesXattrs && random.nextInt(6) == 0 ? item.xattr("user.x", "\377" + random.nextInt(3)) : item;
    }

    private TarItem bareItem() {
        String path = path();
        return switch (random.nextInt(16)) {
            case 0, 1, 2 -> TarItem.base('5', path + "/");
            case 3, 4 -> TarItem.base('2', path).target(symlinkTarget());
            case 5, 6 -> TarItem.base('1', path).target(hardLinkTarget());
            case 7 -> TarItem.base('6', path);
            case 8 ->
                TarItem.base(random.nextBoolean() ? '3' : '4', path).device(random.nextInt(4), random.nextInt(300));
            case 9, 10 -> TarItem.base('0', inParent(path, ".wh." + name()));
            case 11 -> TarItem.base('0', inParent(path, ".wh..wh..opq"));
            case 12 ->
                random.nextInt(4) == 0
                        ? TarItem.base('5', "./")
                        : TarItem.base('0', "./" + path).content(path);
            default -> TarItem.base('0', path).content(path + random.nextInt(1000));
        };
    }

    private static String inParent(String path, String name) {
        return path.substring(0, path.lastIndexOf('/') + 1) + name;
    }

    private String path() {
        int depth = 1 + random.nextInt(3);
        StringBuilder path = new StringBuilder(name());
        for (int i = 1; i < depth; i++) {
            path.append('/').append(name());
        }
        return path.toString();
    }

    private String name() {
        return NAMES[random.nextInt(NAMES.length)];
    }

    private String symlinkTarget() {
        return switch (random.nextInt(5)) {
            case 0 -> "/" + path();
            case 1 -> "../" + path();
            case 2 -> ".";
            case 3 -> "../../.." + (random.nextBoolean() ? "" : "/" + name());
            default -> path();
        };
    }

    private String hardLinkTarget() {
        List<String> files = reference.nonDirectories();
        return files.isEmpty() || random.nextInt(4) == 0 ? path() : files.get(random.nextInt(files.size()));
    }
}
