namespace Busbar.Governance.Store;

/// <summary>
/// A database taken for this process. The lock is the kernel's and ends with the process, however that ends; the file that carries it stays once
/// <see cref="Keep"/> was called, and is removed with the lock before that if it was made for it.
/// </summary>
internal sealed class DatabaseLock(FileStream file, bool isNew) : IDisposable
{
    private bool _isNew = isNew;

    /// <summary>The database is this program's, and so is the file beside it.</summary>
    public void Keep() => _isNew = false;

    /// <inheritdoc/>
    public void Dispose()
    {
        // While it is still held, so that nobody else's is removed.
        if (_isNew)
        {
            File.Delete(file.Name);
        }

        file.Dispose();
    }
}
