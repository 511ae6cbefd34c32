package io.github.softmax4j.cli;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.zip.ZipException;

/** The user's input or usage is wrong: ends the command with one line and exit status 2. */
final class UserException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** {@code message} says what, where, and what is accepted. */
    UserException(String message) {
        super(message);
    }

    private UserException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The file could not be read, for the reason that {@code e} gives. */
    static UserException unreadable(Object file, IOException e) {
        return new UserException(file + ": " + reason(e), e);
    }

    /** The file could not be written, for the reason that {@code e} gives. */
    static UserException unwritable(Object file, IOException e) {
        return new UserException(file + ": cannot be written: " + reason(e), e);
    }

    private static String reason(IOException e) {
        if (e.getCause() instanceof IOException cause) {
            return reason(cause); // the library's exceptions name the file, as the message already does
        }
        if (e instanceof NoSuchFileException) {
            return "no such file or folder";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof EOFException) {
            return "is truncated: the compressed data ends too early";
        }
        if (e instanceof ZipException) {
            return "is corrupt: " + e.getMessage();
        }
        if (e instanceof FileSystemException f && f.getReason() != null) {
            return f.getReason();
        }
        return String.valueOf(e.getMessage());
    }
}
