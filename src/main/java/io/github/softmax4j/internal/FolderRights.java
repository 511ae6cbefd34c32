package io.github.softmax4j.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.UserPrincipal;
import java.util.Map;
import java.util.Set;

/**
 * Who else could put a library in the place of ours: whoever may write its file, its folder or one above, or owns one of them. The
 * system's administrator may, and where the system knows no such owners and modes (Windows) nothing is looked at.
 */
final class FolderRights {

    private static final int ROOT = 0;
    private static final int OTHERS_WRITE = 02;
    private static final int GROUP_WRITE = 020;
    private static final int STICKY = 01000;
    private static final int TYPE = 0170000;
    private static final int FOLDER = 0040000;
    private static final int LINK = 0120000;

    private FolderRights() {}

    /** Throws unless a file or folder and all folders above it are this user's or the administrator's to write alone. */
    static void check(Path path, String fix) throws IOException, NotLoadable {
        check(path, false, fix);
    }

    /** The same for a folder that is to hold one of this user's own: others may write it where they cannot replace that one. */
    static void checkParent(Path folder, String fix) throws IOException, NotLoadable {
        check(folder, true, fix);
    }

    private static void check(Path path, boolean parent, String fix) throws IOException, NotLoadable {
        if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return;
        }
        Integer user = user();
        Path absolute = path.toAbsolutePath().normalize();
        Path real = path.toRealPath();
        for (Path part = real; part != null; part = part.getParent()) {
            boolean last = part.equals(real);
            check(part, user, last, parent || !last, fix);
        }
        // A link is its owner's to turn elsewhere.
        for (Path part = absolute; part != null && !absolute.equals(real); part = part.getParent()) {
            check(part, user, false, true, fix);
        }
    }

    private static void check(Path part, Integer user, boolean last, boolean stickyWillDo, String fix)
            throws IOException, NotLoadable {
        Map<String, Object> attributes =
                Files.readAttributes(part, "unix:uid,mode,owner,group", LinkOption.NOFOLLOW_LINKS);
        int mode = (Integer) attributes.get("mode");
        int owner = (Integer) attributes.get("uid");
        String name = ((UserPrincipal) attributes.get("owner")).getName();
        if (owner != ROOT && user != null && owner != user && (last || !Unmapped.OWNERS.contains(owner))) {
            throw new NotLoadable("another user (" + name + ") owns " + part + " and may put any library there", fix);
        }
        if ((mode & TYPE) == LINK || ((mode & TYPE) == FOLDER && (mode & STICKY) != 0 && stickyWillDo)) {
            return;
        }
        // Many systems give each user a group of the same name, of which nobody else is a member.
        boolean ofOwner = name.equals(((GroupPrincipal) attributes.get("group")).getName());
        if ((mode & OTHERS_WRITE) != 0 || ((mode & GROUP_WRITE) != 0 && !ofOwner)) {
            throw new NotLoadable(
                    "other users may write " + part + " (mode " + Integer.toOctalString(mode & 07777)
                            + ") and put any library there",
                    fix);
        }
    }

    /** This process's user; null where it is not known. */
    private static Integer user() throws IOException {
        Path process = Path.of("/proc/self");
        return Files.exists(process) ? (Integer) Files.getAttribute(process, "unix:uid") : null;
    }

    /** In a user namespace that has only some of the users, as sandboxes have it, the administrator's folders seem to be nobody's. */
    private static final class Unmapped {

        static final Set<Integer> OWNERS = owners();

        private Unmapped() {}

        private static Set<Integer> owners() {
            try {
                String all = Long.toString(0xffffffffL);
                if (Files.readString(Path.of("/proc/self/uid_map")).strip().endsWith(" " + all)) {
                    return Set.of();
                }
                return Set.of(Integer.valueOf(Files.readString(Path.of("/proc/sys/kernel/overflowuid"))
                        .strip()));
            } catch (IOException e) {
                return Set.of();
            }
        }
    }
}
