package ledger;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;

/** Tab separated lines, each handed to the kernel in one unbuffered write: killing this process loses none. */
final class Lines implements AutoCloseable {
    private final FileOutputStream file;

    Lines(String path) throws IOException {
        Path parent = Paths.get(path).toAbsolutePath().getParent();
        Files.createDirectories(parent);
        file = new FileOutputStream(path, true);
    }

    synchronized void add(Object... fields) {
        if (!file.getChannel().isOpen()) {
            return;
        }
        StringBuilder line = new StringBuilder();
        for (Object field : fields) {
            line.append(line.length() == 0 ? "" : "\t").append(field);
        }
        try {
            file.write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException exception) {
            // A ledger with a hole would accuse the cluster of what the disk did.
            exception.printStackTrace();
            Runtime.getRuntime().halt(3);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        file.getFD().sync();
        file.close();
    }
}
