using System.Net.Sockets;

namespace Busbar.Gateway.Server;

/// <summary>
/// A socket in the file system for who administers this machine: only the owner of the file may connect, and root (unix(7), "Pathname socket
/// ownership and permissions"). A file that a killed process left behind is replaced.
/// </summary>
internal sealed class ControlSocket(string path, bool takesOver) : IDisposable
{
    /// <summary>The name where a service manager gives the process a directory for such things (<c>RuntimeDirectory=</c>).</summary>
    public const string FileName = "control.sock";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private DateTime? _madeAt;

    /// <summary>Where it is.</summary>
    public string Path => path;

    /// <summary>
    /// Opens it. Throws <see cref="IOException"/> with a message for the operator when another process answers there (unless this one takes over) or
    /// a file that is no socket stands there.
    /// </summary>
    public Socket Bind()
    {
        if (Directory.Exists(path) || new FileInfo(path) is { Exists: true, Length: > 0 })
        {
            throw new IOException($"{path} is no socket; name a path where nothing stands");
        }

        if (!takesOver && File.Exists(path) && Answers())
        {
            throw new IOException($"another process answers at {path}; stop it, or give this one a path of its own with control_socket");
        }

        // Made under another name, so that nobody meets it before its mode is set, and there is never a moment without one.
        string made = $"{path}.{Environment.ProcessId}";
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(made);
            socket.Bind(new UnixDomainSocketEndPoint(made));
            File.SetUnixFileMode(made, OwnerOnly);
            _madeAt = File.GetLastWriteTimeUtc(made);
            File.Move(made, path, overwrite: true);
            return socket;
        }
        catch (Exception exception) when (exception is SocketException or UnauthorizedAccessException or IOException)
        {
            socket.Dispose();
            throw new IOException(exception.Message, exception);
        }
    }

    /// <summary>Removes the file, unless it is another process's by now.</summary>
    public void Dispose()
    {
        try
        {
            if (_madeAt is { } made && File.Exists(path) && File.GetLastWriteTimeUtc(path) == made)
            {
                File.Delete(path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next process replaces it.
        }
    }

    private bool Answers()
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException exception)
        {
            // Nobody listens behind a file that was left. Whatever else goes wrong, such as too many who wait already, says nothing of that.
            return exception.SocketErrorCode is not (SocketError.ConnectionRefused or SocketError.AddressNotAvailable);
        }
    }
}
