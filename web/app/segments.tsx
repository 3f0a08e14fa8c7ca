interface SegmentsProps<Value> {
  /** What one chooses. */
  legend: string;
  options: readonly (readonly [Value, string])[];
  value: Value;
  onChoose(value: Value): void;
}

/** One of a few, side by side. */
export function Segments<Value extends string | number>(
  { legend, options, value, onChoose }: SegmentsProps<Value>,
) {
  return (
    <fieldset class="segments">
      <legend class="hidden">{legend}</legend>
      {options.map(([each, label]) => (
        <label key={each}>
          <input
            type="radio"
            name={legend}
            checked={each === value}
            onChange={() => onChoose(each)}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
