using Busbar.Governance.Nodes;

namespace Busbar.Governance.Keys;

/// <summary>
/// Lets edits of keys and groups take turns. An edit runs off its caller's thread, since the store blocks, and goes through whether or not anybody
/// still waits for it: half an edit is worse than one that nobody waits for.
/// </summary>
internal sealed class EditTurn
{
    private const int MaxAttempts = 50;

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Follows what other processes have edited; runs before each edit. Null where there are none.</summary>
    public Action? CatchUp { get; set; }

    /// <summary>Runs <paramref name="edit"/> when it is its turn; again where another process came before it.</summary>
    public async Task<T> TakeAsync<T>(Func<T> edit)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Run(edit)).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private T Run<T>(Func<T> edit)
    {
        for (int attempt = 1; ; attempt++)
        {
            CatchUp?.Invoke();
            try
            {
                return edit();
            }
            catch (StaleStoreException) when (attempt < MaxAttempts)
            {
                // Nothing was done: once more, on what is there now.
            }
        }
    }
}
