namespace Busbar.Governance.Keys;

/// <summary>
/// Lets edits of keys and groups take turns. An edit runs off its caller's thread, since the store blocks, and goes through whether or not anybody still waits
/// for it: half an edit is worse than one that nobody waits for.
/// </summary>
internal sealed class EditTurn
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Runs <paramref name="edit"/> when it is its turn.</summary>
    public async Task<T> TakeAsync<T>(Func<T> edit)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            return await Task.Run(edit).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }
}
