using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Reliability.Breaker;
using Busbar.Reliability.Capacity;
using Busbar.Reliability.Selection;

namespace Busbar.Reliability;

/// <summary>
/// One model behind one credential, as one configuration snapshot has it. A provider with several keys gives as many lanes of the same model,
/// each with its own health; permits and lifetime budget belong to the model.
/// </summary>
internal sealed class Lane(ModelConfig model, ProviderConfig provider, int keyIndex, LaneState state, ModelCapacity capacity)
{
    /// <summary>The model.</summary>
    public ModelConfig Model => model;

    /// <summary>The provider.</summary>
    public ProviderConfig Provider => provider;

    /// <summary>Which of the provider's <see cref="ProviderConfig.ApiKeys"/> it uses.</summary>
    public int KeyIndex => keyIndex;

    /// <summary>The credential; null when the provider has none.</summary>
    public Secret? ApiKey => keyIndex < provider.ApiKeys.Count ? provider.ApiKeys[keyIndex] : null;

    /// <summary>Configured name of the model.</summary>
    public string Name => model.Name;

    /// <summary>Number of the lane in the process, for <see cref="LaneSet"/>.</summary>
    public int Index => state.Index;

    /// <summary>Counters and health.</summary>
    public LaneState State => state;

    /// <summary>Calls in flight, shared by the model's lanes.</summary>
    public PermitGate Permits => capacity.Permits;

    /// <summary>Lifetime budget, shared by the model's lanes.</summary>
    public LifetimeBudget Budget => capacity.Budget;

    /// <summary>
    /// Whether an administrator took it out of service, with all lanes of its model. Nobody picks it then; calls under way go on.
    /// </summary>
    public bool IsDisabled
    {
        get => capacity.IsDisabled;
        set => capacity.IsDisabled = value;
    }

    /// <summary>True when no cooldown's end brings it back: out of service, or its lifetime budget used up.</summary>
    public bool IsOut => IsDisabled || Budget.IsUsedUp;

    /// <summary>
    /// True when some pool could send a request here now: in service, budget left and a live cell that is Closed, or Open with its cooldown over.
    /// Live are the cells of named pools, or the direct route's when there are none. A soft cooldown does not count against it, since a pool
    /// without anything better serves from it. Changes nothing.
    /// </summary>
    public bool IsUsable
    {
        get
        {
            if (IsOut)
            {
                return false;
            }

            foreach (var slot in LiveSlots)
            {
                if (slot.Cell.Word.State == BreakerState.Closed || slot.Cell.IsReady)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>One phrase for statistics: <c>ok</c>, or what keeps traffic away.</summary>
    public string Availability =>
        IsDisabled ? "disabled"
        : Budget.IsUsedUp ? "lifetime budget used up"
        : state.DeadReason is { } reason && !IsUsable ? reason
        : !IsUsable ? "breaker open"
        : Permits.Pace?.WaitMs(0) > 0 ? "minute used up"
        : !Permits.HasFree ? "busy"
        : IsPartlySuppressed ? "limited by cooldown"
        : "ok";

    /// <summary>Every breaker cell, the direct route's first.</summary>
    public CellView[] Cells() => Array.ConvertAll(state.Slots, static slot => new CellView(
        slot.Pool.Name, slot.Cell.Word.State, TimeSpan.FromMilliseconds(slot.Cell.CooldownRemainingMs), slot.Cell.Streak, slot.Cell.Window));

    /// <summary>The direct route's slot comes first; it is live only when there is no other.</summary>
    private ReadOnlySpan<PoolSlot> LiveSlots => state.Slots is { Length: > 1 } slots ? slots.AsSpan(1) : state.Slots;

    private bool IsPartlySuppressed
    {
        get
        {
            foreach (var slot in LiveSlots)
            {
                if (!slot.Cell.IsReady)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
