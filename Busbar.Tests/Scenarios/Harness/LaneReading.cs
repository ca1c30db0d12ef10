using System.Text.Json;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>One lane as <c>/stats</c> shows it.</summary>
internal sealed class LaneReading(JsonElement lane)
{
    public string Model => lane.GetProperty("model").GetString()!;

    public int Inflight => lane.GetProperty("inflight").GetInt32();

    public int FreeSlots => lane.GetProperty("free_slots").GetInt32();

    public long Ok => lane.GetProperty("ok").GetInt64();

    public long Err => lane.GetProperty("err").GetInt64();

    public long ClientFault => lane.GetProperty("client_fault").GetInt64();

    public string Availability => lane.GetProperty("availability").GetString()!;

    public bool Dead => lane.GetProperty("dead").GetBoolean();

    public string? DeadReason => lane.GetProperty("dead_reason").GetString();

    public bool Usable => lane.GetProperty("usable").GetBoolean();

    public long Budget => lane.GetProperty("budget").GetInt64();

    public double Cooldown => lane.GetProperty("cooldown_remaining_s").GetDouble();

    /// <summary>State of the breaker in a pool; the empty name is the direct route.</summary>
    public string State(string pool) => Cell(pool).GetProperty("state").GetString()!;

    /// <summary>Seconds of cooldown left in a pool.</summary>
    public double CooldownIn(string pool) => Cell(pool).GetProperty("cooldown_remaining_s").GetDouble();

    /// <summary>Failures in a row in a pool.</summary>
    public int StreakIn(string pool) => Cell(pool).GetProperty("streak").GetInt32();

    /// <summary>States of all breakers.</summary>
    public IEnumerable<string> States => lane.GetProperty("cells").EnumerateArray().Select(cell => cell.GetProperty("state").GetString()!);

    private JsonElement Cell(string pool) => lane.GetProperty("cells").EnumerateArray().Single(cell => cell.GetProperty("pool").GetString() == pool);
}
